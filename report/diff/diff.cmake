# Sums and differences of profiles.
gaiaprof_report_folder(diff combine.c combine_locks.c combine_stacks.c combine_write.c diff_model.c diff_text.c
    keyed_table.c metrics.c metrics_text.c statistics.c)
