# The pprof format, where protobuf-c is. Sets what the build is without.
gaiaprof_report_folder(exchange render_pprof.c)
set(off NULL)
set_property(SOURCE formats/render.c APPEND PROPERTY COMPILE_DEFINITIONS GAIAPROF_PPROF_OFF=${off})
