# The page, where npm is. Sets what the build is without.
gaiaprof_report_folder(html render_html.c)
set(off NULL)
set_property(SOURCE formats/render.c APPEND PROPERTY COMPILE_DEFINITIONS GAIAPROF_HTML_OFF=${off})
