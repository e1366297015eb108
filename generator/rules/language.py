"""The manual pages of the rules of the language itself, which the reader and the schemas check.

The rules in ``generator/checks/`` have theirs in their own docstrings, in the same form.
"""

PAGES = (
    """`yaml`: the file is one YAML document of plain values.

    A pipeline file holds `key: value` lines, lists, texts, numbers, true, false and null, in UTF-8.
    Everything else that YAML offers is refused, because it hides mistakes or does harm: a key that
    is written twice, a second document after `---`, tags such as `!!python/name`, keys that are not
    text, aliases that multiply into more values than a pipeline needs.

    The usual slips are a tab in the indentation, a text with `: ` in it, and a text that starts
    with `@`, `*`, `%`, `{{` or a backquote: these need quotes.

        name: example
        schedule: @daily
    """,
    """`unknown-key`: every key is one that the language has.

    A mistyped key would otherwise have no effect at all: the pipeline would run, with a default in
    place of what you wrote. Where only one key can be meant, `pipelines lint --fix` writes it, and
    the rest of the section is checked as if it were right already.

    Free names belong where the language expects them: `arguments` of a Glue job, `params`, `tags`,
    and `hyperparameters` of your own training image.

        name: example
        retires: 3
        training:
          instance_type: ml.m5.large
          hyperparameters: {objective: "binary:logistic", num_rounds: 100}
    """,
    """`missing-key`: every key that a section needs is there.

    Only what has no sensible default must be written. What is missing may also stand in a
    `_defaults.yaml` of the folder or of one above it, where all pipelines below inherit it.

        schema_version: 1
        name: example
        training:
          hyperparameters: {objective: "binary:logistic"}
    """,
    """`missing-value`: every key has a value.

    A key with nothing behind its colon is null to YAML, which is hardly what was meant; often the
    lines below it are not indented far enough to belong to it. Write the value, indent what belongs
    to the key, or remove the key so that its default counts.

        name: example
        owner: growth-data-science
        glue:
        script: clean.py
    """,
    """`wrong-type`: every value is of the kind that its key takes.

    YAML decides by the way a value is written: `5.0` is a number and `"5.0"` a text, `true` is a
    boolean and `yes` a text, `2` is a whole number and `2.0` is not. AWS is as strict, so nothing
    is converted behind your back. Where only one thing can be meant, `pipelines lint --fix` adds
    the quotes, removes them or writes `true` for `yes`.

        retries: "2"
        catchup: yes
        glue:
          script: clean.py
          glue_version: 5.0
          workers: many
    """,
    """`wrong-value`: every value is one that its key accepts.

    Some keys take one of a few values, others a text of a certain form: a duration such as `1h30m`,
    an S3 prefix that ends in `/`, an ARN. The message says what is accepted or gives an example,
    and AWS would refuse the rest when the job starts.

        glue:
          script: clean.py
          worker_type: G.1
          timeout: 90 minutes
        training:
          instance_type: m5.large
    """,
    """`out-of-range`: every number, text and list is within its limits.

    The limits are those of AWS and of Airflow, so a value beyond them would fail the run, as a rule
    after the stages before it have finished.

        retries: 99
        glue:
          script: clean.py
          workers: 1
    """,
    """`run-time-template`: `{{ … }}` stands where Airflow resolves it, and only looks values up.

    Airflow fills in `{{ params.x }}`, `{{ run_id }}` and a few more when a task runs: in the
    arguments of a Glue job, in the source of a channel and in `output`. In any other place the
    braces would reach AWS as they are.

    Airflow's own templates can read connections and run code on its workers. A pipeline gets only
    the values that belong to its run; the hint lists them. For values of the environment, such as
    bucket names, write `${{ env.name }}`, which works everywhere.

        description: Run of {{ ds }}
        glue:
          script: clean.py
          arguments:
            token: "{{ var.value.token }}"
    """,
    """`unresolved-expression`: `${{ env.… }}` names a value of the environment and does no more.

    These expressions are filled in when the file is read, from `environments/<name>.yaml`, so one
    file works in every environment. An expression may look a value up and give it a default:
    `${{ env.variables.sample | default('1.0') }}`. It cannot compute and sees nothing but `env`.

        glue:
          script: clean.py
          arguments:
            source: s3://${{ env.data_bukcet }}/invoices/
            rows: ${{ env.variables.rows * 2 }}
    """,
    """`unreadable-file`: every file is an ordinary one of this project.

    A link may lead to another file of the project, but not out of it: whoever can change the
    repository could otherwise show what is elsewhere on the machine, such as credentials. Links to
    folders are not followed at all, because they may lead in circles. The rule also reports what
    cannot be opened, a pipe or a folder that is named like a file, a link to nowhere, and a file of
    more than 1,000 kB, which no pipeline needs.

    Put the file itself where the link is, or remove it.
    """,
    """`unknown-environment`: the environment that is asked for exists.

    `--env` and the variable `PIPELINES_ENV` name a file in `environments/`, without its suffix. In
    Airflow the variable has to be set; without it nothing is built, so that no pipeline runs in the
    wrong account by mistake.
    """,
    """`duplicate-name`: no two pipelines have one name, and no two serve one endpoint.

    Two files of one name, even in different folders, would be one DAG to Airflow, which keeps only
    one of them. Two pipelines with one endpoint would take turns in replacing each other's model;
    to SageMaker, upper and lower case are the same.

    The first file by path keeps the name. Rename the other one.

        # pipelines/finance/example.yaml
        schema_version: 1
        name: example
        owner: finance-data-science
        glue: {script: clean.py}

        # pipelines/growth/example.yaml
        schema_version: 1
        name: example
        owner: growth-data-science
        glue: {script: clean.py}
    """,
    """`too-many-problems`: a file has few enough problems to list them all.

    The first hundred problems of a file are listed, and this line says how many there are beyond
    them. So many have one cause as a rule: a section in the wrong place, or a file of another kind.
    """,
    """`internal-error`: the generator does not fail.

    A file made the generator or one of its templates fail in a way that nobody foresaw. All other
    files are judged and built as usual. Please report it, with the file: the mistake is ours.
    """,
)
