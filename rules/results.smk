# Tables, figures, animations and texts: a rule for each declaration in a study's results.py.


for study, result in CATALOGUE.made:

    rule:
        name:
            result.rule
        input:
            sums_of(result),
            unpack(inputs_of(result)),
        output:
            **shown(study, result),
        log:
            result.log,
        wildcard_constraints:
            **CATALOGUE.constraints(study, result),
        conda:
            ENVIRONMENT
        resources:
            **requested(),
        params:
            make=result.make,
            settings=settings_of(result),
            outputs=result.mains,
            pictures=result.pictures,
            run_reader=study.run_reader,
            contents=contents_of(result),
            asked=asked_of(files_of(result)),
            source=source_of(
                "make_result", result.make, study.run_reader, *result.draw.values()
            ),
        script:
            "../workflow_scripts/make_result.py"

    workflow.get_rule(result.rule).docstring = result.purpose
