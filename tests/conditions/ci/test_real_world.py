"""Workflows with the constructs of those of public projects, each written for this test, with the truth beside it."""

from __future__ import annotations

from pathlib import Path

from bisect_loop.conditions.ci import Port, choose, choose_variant

from .build import all_jobs, argvs, env_of, project, workflow


def test_step_env_and_a_folded_script(tmp_path: Path) -> None:
    """aiohttp: words like `yes` in env, `run: >-` with a PATH in front, a second run with more env, one after."""
    (job,) = workflow(
        tmp_path,
        """
        on: {push: {branches: [master]}}
        env:
          COLOR: yes
          FORCE_COLOR: 1  # numbers become text
        jobs:
          test:
            strategy:
              matrix:
                py: [3.9, '3.10']
                ext: ['', 'Y']
                os: [ubuntu, windows]
                exclude:
                  - {os: windows, ext: 'Y'}
                include:
                  - {py: pypy-3.9, ext: 'Y', os: ubuntu}
            runs-on: ${{ matrix.os }}-latest
            steps:
              - uses: actions/checkout@v4
              - name: Unit tests
                env:
                  COLOR: yes
                  NO_EXT: ${{ matrix.ext }}
                run: >-
                  PATH="${HOME}/bin:${PATH}"
                  pytest --junitxml=junit.xml
                shell: bash
              - name: Once more
                if: failure()
                run: pytest -vv --lf && exit 1
              - name: Dev mode
                env: {PYTHONDEVMODE: 1}
                run: pytest -m dev_mode --cov-append --numprocesses=0
        """,
        {"setup.cfg": "[tool:pytest]\naddopts = --cov=pkg -n auto\n"},
    )
    assert len(job.variants) == 7
    assert job.variants[3].label == "py=3.10, ext=, os=ubuntu"
    assert argvs(job) == ["pytest --junitxml=junit.xml", "pytest -m dev_mode --cov-append --numprocesses=0"]
    first, second = job.commands
    assert first.line == 24
    assert {k: v for k, v in env_of(first).items() if k != "PATH"} == {"COLOR": "yes", "FORCE_COLOR": "1", "NO_EXT": ""}
    assert env_of(first)["PATH"] is None  # it holds the runner's HOME
    assert env_of(second) == {"COLOR": "yes", "FORCE_COLOR": "1", "PYTHONDEVMODE": "1"}
    assert (first.features.workers, first.features.dist, first.features.coverage) == ("auto", "load", ("--cov=pkg",))
    assert second.features.workers is None
    assert "if: failure()" in job.variants[0].notes[0]


def test_a_composite_action_with_inputs(tmp_path: Path) -> None:
    """redis-py: a secret in the workflow's env, a matrix with another job's output, the tests in an action nearby."""
    (other, job) = workflow(
        tmp_path,
        """
        on: push
        env:
          CODECOV_TOKEN: ${{ secrets.CODECOV_TOKEN }}
          CURRENT: '7.4.2'
        jobs:
          version:
            runs-on: ubuntu-latest
            steps: [{run: 'echo "CURRENT=${{ env.CURRENT }}" >> $GITHUB_OUTPUT'}]
          tests:
            needs: version
            strategy:
              matrix:
                redis: ['8.0', '${{ needs.version.outputs.CURRENT }}']
                loop: [asyncio, uvloop]
            runs-on: ubuntu-latest
            steps:
              - uses: ./.github/actions/run-tests
                with:
                  redis-version: ${{ matrix.redis }}
                  event-loop: ${{ matrix.loop }}
        """,
        {
            ".github/actions/run-tests/action.yml": """
            inputs:
              redis-version: {required: true}
              event-loop: {default: asyncio}
              marker: {default: 'not slow'}
            runs:
              using: composite
              steps:
                - run: |
                    echo "REDIS_VERSION=${{ inputs.redis-version }}" >> $GITHUB_ENV
                  shell: bash
                - run: |
                    run_tests() {
                      local extra=""
                      if [ "${{ inputs.event-loop }}" == "uvloop" ]; then
                        extra="--uvloop"
                      fi
                      pytest -m "$1" $extra
                    }
                    run_tests "${{ inputs.marker }}"
                  shell: bash
                - run: invoke standalone-tests
                  shell: bash
            """
        },
    )
    assert not other.commands
    assert argvs(job.variants[0]) == ["pytest -m not slow"]
    assert argvs(job.variants[1]) == ["pytest -m not slow --uvloop"]
    command = job.commands[0]
    assert str(command.source) == ".github/actions/run-tests/action.yml:17"
    assert command.through == ("./.github/actions/run-tests", "run_tests()")
    assert env_of(command)["REDIS_VERSION"] == "8.0"
    unknown = next(entry for entry in job.variants[2].env if entry.name == "REDIS_VERSION")
    assert unknown.value is None
    assert unknown.shown == "${{ needs.version.outputs.CURRENT }}"
    assert job.needs_secrets == ("CODECOV_TOKEN",)
    (entry,) = [entry for entry in job.env if entry.name == "CODECOV_TOKEN"]
    assert (entry.value, entry.shown, entry.level) == (None, "${{ secrets.CODECOV_TOKEN }}", "workflow")
    assert [unresolved.text for unresolved in job.unresolved] == ["invoke standalone-tests"]


def test_two_services_and_a_script_of_the_project(tmp_path: Path) -> None:
    """encode/databases: mysql and postgres with health options, a value of several lines, the tests in scripts/test."""
    (job,) = workflow(
        tmp_path,
        """
        ---
        on: push
        jobs:
          tests:
            runs-on: "ubuntu-latest"
            services:
              mysql:
                image: mysql:5.7
                env: {MYSQL_USER: user, MYSQL_PASSWORD: word}
                ports: ["3306:3306"]
                options: --health-cmd="mysqladmin ping" --health-interval=10s --health-timeout=5s --health-retries=3
              postgres:
                image: postgres:14
                env:
                  POSTGRES_PASSWORD: word
                ports:
                  - 5433:5432
                options: --health-cmd pg_isready --health-interval 1m30s
            steps:
              - run: "scripts/install"
              - name: "Run tests"
                env:
                  URLS: |
                    sqlite:///x,
                    postgresql://user:word@localhost:5433/x
                run: "scripts/test"
        """,
        {
            "scripts/install": "#!/bin/sh -e\npip install -r requirements.txt\n",
            "scripts/test": """
            #!/bin/sh

            export PREFIX=""
            if [ -d 'venv' ] ; then
                export PREFIX="venv/bin/"
            fi

            set -ex

            if [ -z "$GITHUB_ACTIONS" ]; then
              scripts/check
            fi

            ${PREFIX}coverage run -a -m pytest "$@"
            """,
        },
    )
    mysql, postgres = job.services
    assert (mysql.name, mysql.image, mysql.ports) == ("mysql", "mysql:5.7", (Port(3306, 3306),))
    assert mysql.health is not None
    assert (mysql.health.command, mysql.health.interval, mysql.health.timeout) == ("mysqladmin ping", 10.0, 5.0)
    assert mysql.health.retries == 3
    assert postgres.ports == (Port(container=5432, host=5433),)
    assert postgres.health is not None
    assert (postgres.health.command, postgres.health.interval) == ("pg_isready", 90.0)
    assert [entry.value for entry in postgres.env] == ["word"]
    (command,) = job.commands
    assert command.argv == ("python", "-m", "pytest")
    assert command.coverage_run == ("-a",)
    assert command.features.coverage == ("coverage", "run", "-a")
    assert str(command.source) == "scripts/test:14"
    assert command.through == ("scripts/test",)
    urls = "sqlite:///x,\npostgresql://user:word@localhost:5433/x\n"
    assert {k: v for k, v in env_of(command).items() if k != "PREFIX"} == {"URLS": urls}


def test_a_reusable_workflow_and_an_action_that_runs_a_command(tmp_path: Path) -> None:
    """celery: the called workflow's matrix comes from JSON inputs, a retry action holds the command, tox the rest."""
    unit, called = workflow(
        tmp_path,
        """
        on: push
        jobs:
          Unit:
            runs-on: ubuntu-latest
            steps:
              - run: |
                  tox --verbose --verbose
          Integration:
            needs: [Unit]
            if: needs.Unit.result == 'success'
            uses: ./.github/workflows/integration.yml
            with:
              test_path: t/integration/test_backend.py
        """,
        {
            ".github/workflows/integration.yml": """
            on:
              workflow_call:
                inputs:
                  test_path: {required: true, type: string}
                  versions:
                    type: string
                    default: '["3.11", "3.12"]'
            jobs:
              with:
                runs-on: ubuntu-latest
                strategy:
                  matrix:
                    python-version: ${{ fromJson(inputs.versions) }}
                    toxenv: [redis, rabbit]
                services:
                  redis: {image: redis, ports: [6379:6379]}
                steps:
                  - uses: retry/retry@v4
                    env:
                      TEST_PATH: ${{ inputs.test_path }}
                    with:
                      timeout_minutes: 60
                      command: |
                        tox -v -e "${{ matrix.python-version }}-integration-${{ matrix.toxenv }}" -- -vv
            """,
            "tox.ini": """
            [tox]
            envlist =
                {3.11,3.12}-unit
                {3.11,3.12}-integration-{redis,rabbit}
            [testenv]
            passenv = TEST_PATH
            setenv =
                PYTHONIOENCODING = UTF-8
                redis: BROKER=redis://localhost
                rabbit: BROKER=pyamqp://
            commands =
                unit: pytest -vv --maxfail=10 {posargs}
                integration: pytest -xsv {env:TEST_PATH:t/integration} {posargs}
            """,
        },
    )
    # Without -e tox runs its whole env_list; 3.11 and 3.12 run the same, so each command counts once.
    integration = "pytest -xsv t/integration"
    assert argvs(unit) == ["pytest -vv --maxfail=10", integration, integration]
    assert [env_of(command).get("BROKER") for command in unit.commands] == [None, "redis://localhost", "pyamqp://"]
    assert unit.commands[0].through == ("tox -e 3.11-unit,3.12-unit,3.11-integration-redis,...",)
    assert called.name == "Integration / with"
    assert called.condition == "needs.Unit.result == 'success'"
    assert [variant.label for variant in called.variants][:2] == [
        "python-version=3.11, toxenv=redis",
        "python-version=3.11, toxenv=rabbit",
    ]
    assert argvs(called.variants[1]) == ["pytest -xsv t/integration/test_backend.py -vv"]
    assert env_of(called.variants[1], "launcher") == {"PYTHONIOENCODING": "UTF-8", "BROKER": "pyamqp://"}
    assert env_of(called.variants[1])["TEST_PATH"] == "t/integration/test_backend.py"
    assert called.services[0].ports == (Port(6379, 6379),)
    assert called.commands[0].line == 13
    assert called.commands[0].source.file == "tox.ini"


def test_unittest_is_not_pytest(tmp_path: Path) -> None:
    """asyncpg: the tests run by unittest under a condition, steps behind another step's output."""
    (job,) = workflow(
        tmp_path,
        """
        on: push
        jobs:
          test-platforms:
            strategy:
              matrix: {loop: [asyncio, uvloop]}
            runs-on: ubuntu-latest
            env: {PIP_DISABLE_PIP_VERSION_CHECK: 1}
            steps:
              - name: Test
                if: "!steps.release.outputs.is_release"
                env: {LOOP_IMPL: '${{ matrix.loop }}'}
                run: |
                  if [ "${LOOP_IMPL}" = "uvloop" ]; then
                    env USE_UVLOOP=1 python -m unittest -v tests.suite
                  else
                    python -m unittest -v tests.suite
                  fi
        """,
    )
    assert not job.commands
    (unresolved,) = job.unresolved
    assert unresolved.text == "python -m unittest -v tests.suite"
    assert unresolved.reason == "it runs unittest, not pytest"
    assert str(unresolved.source) == ".github/workflows/ci.yml:16"


def test_a_matrix_of_includes_and_tox_factors(tmp_path: Path) -> None:
    """procrastinate: include only, the tox environment out of the matrix, PG variables that tox must let through."""
    lint, job = workflow(
        tmp_path,
        """
        on: {pull_request: , push: {branches: [main]}}
        jobs:
          check-lint:
            runs-on: ubuntu-latest
            steps: [{run: tox -e check-lint}]
          tests:
            strategy:
              matrix:
                include:
                  - {python-version: 3.8, tox-env: py38-tests}
                  - {python-version: 3.9, tox-env: py39-tests}
            name: Test (python ${{ matrix.python-version }})
            runs-on: ubuntu-latest
            services:
              postgres:
                image: postgres:12
                env: {POSTGRES_PASSWORD: word}
                # wait until it has started
                options: >-
                  --health-cmd pg_isready
                  --health-interval 10s
                ports:
                  - 5432:5432
            steps:
              - run: tox -e ${{ matrix.tox-env }}
                env: {PGHOST: 127.0.0.1, PGPASSWORD: word, SECRET_SAUCE: x}
        """,
        {
            "tox.ini": """
            [tox]
            envlist = py{38,39}-tests, check-lint
            [testenv]
            extras = test
            passenv = PG*
            commands = tests: pytest --cov=proc {posargs}
            [testenv:check-lint]
            commands = flake8
            """
        },
    )
    assert not lint.commands
    assert not lint.unresolved
    assert job.title == "Test (python 3.8)"
    assert [variant.label for variant in job.variants] == [
        "python-version=3.8, tox-env=py38-tests",
        "python-version=3.9, tox-env=py39-tests",
    ]
    (command,) = job.commands
    assert command.argv == ("pytest", "--cov=proc")
    assert env_of(command) == {"PGHOST": "127.0.0.1", "PGPASSWORD": "word"}
    assert command.through == ("tox -e py38-tests, without SECRET_SAUCE",)
    variant, why = choose_variant(job, python="3.9")
    assert variant.matrix[0] == ("python-version", "3.9")
    assert "Python" in why


def test_tox_with_workers_from_a_variable(tmp_path: Path) -> None:
    """SQLAlchemy: the command is put together from setenv, factors and a variable of the workflow."""
    (job,) = workflow(
        tmp_path,
        """
        on: push
        env:
          # global env to all steps
          TOX_WORKERS: -n2
        jobs:
          run-test:
            name: test-${{ matrix.python-version }}-${{ matrix.build-type }}
            strategy:
              matrix:
                os: ["ubuntu-22.04"]
                python-version: ["3.11"]
                build-type: ["cext", "nocext"]
                include:
                  - {os: "ubuntu-22.04", pytest-args: "--dbdriver pysqlite --dbdriver aiosqlite"}
            runs-on: ${{ matrix.os }}
            steps:
              - run: tox -e github-${{ matrix.build-type }} -- -q --nomemory ${{ matrix.pytest-args }}
        """,
        {
            "tox.ini": """
            [testenv]
            cov_args = --cov=lib --cov-report term
            setenv =
                PYTHONNOUSERSITE=1
                BASECOMMAND=python -m pytest --rootdir {toxinidir}
                WORKERS={env:TOX_WORKERS:-n4}
                oracle: WORKERS=-n2 --oracle
                nocext: DISABLE_CEXT=1
                cov: COVERAGE={[testenv]cov_args}
            passenv = TOX_WORKERS
            commands =
              nocext: sh -c "rm -f lib/*.so"
              {env:BASECOMMAND} {env:WORKERS} {env:SQLITE:} {env:COVERAGE:} {posargs}
              {oracle}: python reap.py
            [testenv:github-{cext,nocext}]
            setenv = {[testenv]setenv}
            """
        },
    )
    options = "-n2 -q --nomemory --dbdriver pysqlite --dbdriver aiosqlite"
    expected = f"python -m pytest --rootdir {tmp_path.resolve()} {options}"
    assert argvs(job.variants[0]) == argvs(job.variants[1]) == [expected]
    assert "DISABLE_CEXT" not in env_of(job.variants[0])
    assert env_of(job.variants[1])["DISABLE_CEXT"] == "1"
    assert job.commands[0].features.workers == "2"


def test_a_sourced_script_that_reads_the_jobs_env(tmp_path: Path) -> None:
    """dask: `defaults: run: shell`, a value written to $GITHUB_ENV under an `if`, `source run_tests.sh` with flags."""
    (job,) = workflow(
        tmp_path,
        """
        on: push
        defaults:
          run:
            shell: bash -l {0}
        jobs:
          test:
            runs-on: ${{ matrix.os }}
            strategy:
              matrix:
                os: ["ubuntu-latest"]
                environment: ["3.10", "3.13"]
                extra: [null]
            env: {PARALLEL: "true", COVERAGE: "true", LOCKING: "FALSE"}
            steps:
              - if: ${{ matrix.environment == '3.10' }}
                run: |
                  export CONVERT="False"
                  echo "CONVERT=$CONVERT" >> $GITHUB_ENV
              - name: Run tests
                id: run_tests
                run: source ci/scripts/run_tests.sh
        """,
        {
            "ci/scripts/run_tests.sh": """
            #!/usr/bin/env bash
            set -e
            if [[ $PARALLEL == 'true' ]]; then
                export XTRATESTARGS="-n4 $XTRATESTARGS"
            fi
            if [[ $COVERAGE == 'true' ]]; then
                export XTRATESTARGS="--cov=dask --cov-report=xml $XTRATESTARGS"
            fi
            echo "pytest dask --runslow $XTRATESTARGS"
            py.test dask --runslow $XTRATESTARGS
            set +e
            """
        },
    )
    (command,) = job.commands
    assert command.argv == ("pytest", "dask", "--runslow", "--cov=dask", "--cov-report=xml", "-n4")
    assert command.features.workers == "4"
    assert command.features.coverage == ("--cov=dask", "--cov-report=xml")
    assert command.notes == ("XTRATESTARGS is set in no file: taken as unset",)
    assert str(command.source) == "ci/scripts/run_tests.sh:10"
    assert env_of(job.variants[0])["CONVERT"] == "False"
    assert "CONVERT" not in env_of(job.variants[1])
    assert job.variants[0].matrix[2] == ("extra", "")


def test_an_environment_that_a_command_chooses(tmp_path: Path) -> None:
    """channels_redis: an image without a tag, and TOXENV from a command's output, which no file settles."""
    (job,) = workflow(
        tmp_path,
        """
        on: push
        jobs:
          tests:
            runs-on: ubuntu-latest
            services:
              redis:
                image: redis
                ports:
                 - 6379:6379
                options: >-
                  --health-cmd "redis-cli ping"
                  --health-interval 10s
            steps:
              - run: |
                  ENV_PREFIX=$(tr -C -d "0-9" <<< "3.9")
                  TOXENV=$(tox --listenvs | grep "^py$ENV_PREFIX" | tr '\\n' ',') python -m tox
        """,
        {"tox.ini": "[tox]\nenvlist = py39\n[testenv]\ncommands = pytest\n"},
    )
    (redis,) = job.services
    assert (redis.image, redis.ports) == ("redis", (Port(6379, 6379),))
    assert redis.health is not None
    assert redis.health.command == "redis-cli ping"
    assert not job.commands
    assert job.unresolved[0].reason == "which tox environments run is not known from the files"


def test_make_with_a_variable_from_an_expression(tmp_path: Path) -> None:
    """pydantic: `make test X=${{ ... && '4' || '1' }}`, a quoted `if`, uv run coverage in the Makefile."""
    (job,) = workflow(
        tmp_path,
        """
        on: push
        env: {COLUMNS: 150, UV_FROZEN: true}
        jobs:
          test:
            strategy:
              matrix:
                os: [ubuntu-latest, macos-latest]
                py: ['3.14', '3.14t', 'pypy3.11']
            env:
              OS: ${{ matrix.os }}
              DEPS: yes
            runs-on: ${{ matrix.os }}
            steps:
              - if: '!startsWith(matrix.py, ''pypy'')'
                run: make test NUM_THREADS=${{ endsWith(matrix.py, 't') && '4' || '1' }}
                env:
                  COVERAGE_FILE: coverage/.coverage.${{ runner.os }}-py${{ matrix.py }}
              - if: startsWith(matrix.py, 'pypy')
                run: uv run pytest --durations=10
        """,
        {
            "Makefile": """
            .DEFAULT_GOAL := all
            NUM_THREADS?=1
            .PHONY: .uv
            .uv:
            \t@uv -V || echo 'install uv'
            .PHONY: test  # run the tests
            test: .uv
            \tuv run --no-sync coverage run -m pytest --durations=10 \\
            \t  --parallel-threads $(NUM_THREADS)
            """
        },
    )
    first, threaded, pypy = job.variants[:3]
    assert argvs(first) == ["python -m pytest --durations=10 --parallel-threads 1"]
    assert argvs(threaded) == ["python -m pytest --durations=10 --parallel-threads 4"]
    assert argvs(pypy) == ["pytest --durations=10"]
    command = first.commands[0]
    assert command.through == ("make test (Makefile:7)", "uv run")
    assert str(command.source) == "Makefile:8"
    assert command.coverage_run == ()
    environment = env_of(command)
    assert environment["COVERAGE_FILE"] == "coverage/.coverage.Linux-py3.14"
    assert (environment["COLUMNS"], environment["UV_FROZEN"], environment["DEPS"]) == ("150", "true", "yes")


def test_tox_without_an_environment(tmp_path: Path) -> None:
    """pytest-asyncio: `python -m tox` alone runs the env_list; equal commands of many environments are one."""
    (job,) = workflow(
        tmp_path,
        """
        on: push
        jobs:
            test:
                runs-on: ubuntu-latest
                env:
                    USING_COVERAGE: 3.7,3.8
                steps:
                    - run: |
                          set -xe
                          python -VV
                          python -m pip install tox tox-gh-actions
                    - run: python -m tox
        """,
        {
            "tox.ini": """
            [tox]
            minversion = 3.14.0
            envlist = py37, py38, lint, coverage-report
            [testenv]
            commands = make test
            allowlist_externals = make
            [testenv:lint]
            commands = make lint
            [testenv:coverage-report]
            commands = coverage report
            [gh-actions]
            python =
                3.7: py37
            """,
            "Makefile": "test:\n\tcoverage run -m pytest\nlint:\n\truff check\n",
        },
    )
    (command,) = job.commands
    assert command.argv == ("python", "-m", "pytest")
    assert command.through == ("tox -e py37,py38,lint,..., without USING_COVERAGE", "make test (Makefile:1)")
    assert not job.unresolved


def test_coverage_run_and_another_projects_tests(tmp_path: Path) -> None:
    """anyio: coverage run, env on the step below the command; a workflow that tests other projects is no choice."""
    project(
        tmp_path,
        {
            ".github/workflows/downstream.yml": """
            on: workflow_dispatch
            jobs:
              litestar:
                runs-on: ubuntu-latest
                steps:
                  - uses: actions/checkout@v4
                    with: {repository: somebody/else}
                  - run: uv run pytest docs tests -n auto
            """,
            ".github/workflows/test.yml": """
            on: push
            jobs:
              changed:
                runs-on: ubuntu-latest
                steps: [{run: echo hi}]
              test:
                needs: changed
                if: ${{ needs.changed.outputs.src == 'true' }}
                runs-on: ubuntu-latest
                steps:
                - uses: actions/checkout@v4
                - name: Test with pytest
                  run: coverage run -m pytest -v
                  env:
                    PYTEST_DISABLE_PLUGIN_AUTOLOAD: 1
            """,
        },
    )
    choice = choose(all_jobs(tmp_path))
    assert choice.job.name == "test"
    assert choice.why == 'job "test" at .github/workflows/test.yml:6, the only one that runs pytest.'
    (command,) = choice.job.commands
    assert (command.argv, command.coverage_run) == (("python", "-m", "pytest", "-v"), ())
    assert env_of(command) == {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def test_compose_in_the_workflow_and_a_working_directory(tmp_path: Path) -> None:
    """The full-stack FastAPI template: `uv run bash scripts/...` in a subdirectory, services by docker compose."""
    project(
        tmp_path,
        {
            ".github/workflows/ci.yml": """
            on: push
            jobs:
              test-backend:
                runs-on: ubuntu-latest
                steps:
                  - run: docker compose up -d db mailcatcher
                  - name: Run tests
                    run: uv run bash scripts/tests-start.sh "Coverage for ${{ github.sha }}"
                    working-directory: backend
            """,
            "backend/scripts/tests-start.sh": """
            #! /usr/bin/env bash
            set -e
            set -x
            python app/tests_pre_start.py
            bash scripts/test.sh "$@"
            """,
            "backend/scripts/test.sh": """
            #!/usr/bin/env bash
            coverage run --source=app -m pytest
            coverage html --title "${@-coverage}"
            """,
            "docker-compose.yml": "services:\n  db:\n    image: postgres:12\n    environment: {POSTGRES_USER: x}\n",
        },
    )
    jobs = all_jobs(tmp_path)
    choice = choose(jobs)
    (command,) = choice.job.commands
    assert command.argv == ("python", "-m", "pytest")
    assert command.coverage_run == ("--source=app",)
    assert command.working_directory == "backend"
    assert command.through == ("uv run", "backend/scripts/tests-start.sh", "backend/scripts/test.sh")
    assert str(command.source) == "backend/scripts/test.sh:2"
    (compose,) = [job for job in jobs if job.kind == "compose"]
    assert [service.image for service in compose.services] == ["postgres:12"]


def test_a_nox_session_behind_a_helper(tmp_path: Path) -> None:
    """urllib3: the session calls a function that runs coverage and pytest with starred and conditional arguments."""
    (job,) = workflow(
        tmp_path,
        """
        on: push
        jobs:
          test:
            strategy:
              matrix:
                nox-session: ['']
                python-version: ["3.12"]
                include:
                  - {python-version: "3.12", nox-session: test_integration}
            runs-on: ubuntu-latest
            env:
              NOX_SESSION: ${{ matrix.nox-session || format('test-{0}', matrix.python-version) }}
            steps:
              - run: nox -s "$NOX_SESSION" --error-on-missing-interpreters
        """,
        {
            "noxfile.py": """
            import nox

            def tests_impl(session, extras="socks", integration=False, extra_args=[], default_posargs="test/"):
                info = session.run("python", "-c", "print(1)", silent=True)
                memray = True
                if not info.startswith("cpython"):
                    memray = False
                envvars = {"PYTHONWARNINGS": "always::DeprecationWarning"}
                session.run(
                    "python",
                    *(("-bb",) if extras == "" else ()),
                    "-m",
                    "coverage",
                    "run",
                    "--parallel-mode",
                    "-m",
                    "pytest",
                    *((("--integration",)) if integration else ()),
                    f"--cov-{'x'}",
                    *extra_args,
                    *(session.posargs or (default_posargs,)),
                    env=envvars,
                )

            @nox.session(python=["3.11", "3.12"])
            def test(session):
                session.env["UV_ENV"] = session.virtualenv.location
                tests_impl(session)

            @nox.session(python="3")
            def test_integration(session):
                tests_impl(session, integration=True)
            """
        },
    )
    (command,) = job.variants[0].commands
    assert command.argv == ("python", "-m", "pytest", "--cov-x", "test/")
    assert argvs(job.variants[1]) == ["python -m pytest --integration --cov-x test/"]
    assert command.coverage_run == ("--parallel-mode",)
    assert env_of(command, "launcher")["PYTHONWARNINGS"] == "always::DeprecationWarning"
    assert env_of(command)["UV_ENV"] is None
    assert command.through == ("nox -s test-3.12 (noxfile.py)",)


def test_services_of_a_job_in_a_container(tmp_path: Path) -> None:
    """A job in a container reaches its service by name: the container, its env and the bare port are read."""
    (job,) = workflow(
        tmp_path,
        """
        on: push
        jobs:
          build:
            runs-on: ubuntu-latest
            container:
              image: python:3.12-slim
              env: {REDIS_URL: "redis://redis:6379/0"}
            services:
              redis:
                image: redis:${{ matrix.redis || '7' }}-alpine
                ports: [6379]
            steps:
              - run: pip install -e . && pytest -x
                env:
                  PORT: ${{ job.services.redis.ports['6379'] }}
        """,
    )
    variant = job.variants[0]
    assert variant.container == "python:3.12-slim"
    assert variant.services[0].image == "redis:7-alpine"
    assert variant.services[0].ports == (Port(6379, None),)
    (port,) = [entry for entry in variant.env if entry.name == "PORT"]
    assert port.unresolved == ("${{ job.services.redis.ports['6379'] }}",)
    assert env_of(variant)["REDIS_URL"] == "redis://redis:6379/0"
