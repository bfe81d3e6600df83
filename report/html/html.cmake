# The page, where npm is. Its packages are fetched when CMake runs, for then it is known whether the
# build has the format, and once for each package-lock.json; the page is bundled when it is built.
# Sets GAIAPROF_HTML, and what the build is without.
option(GAIAPROF_WITH_HTML "The HTML report: needs npm and its packages" ON)
set(html_source ${CMAKE_CURRENT_SOURCE_DIR}/html)
set(html_build ${CMAKE_CURRENT_BINARY_DIR}/html)
set(html_off "")

# Sets html_off to what is missing.
function(gaiaprof_html_packages)
    find_program(NPM npm)
    find_program(NODE NAMES node nodejs)
    if(NOT NPM OR NOT NODE)
        set(html_off "npm: not found (Debian package npm)" PARENT_SCOPE)
        return()
    endif()
    file(SHA256 ${html_source}/package-lock.json wanted)
    file(SHA256 ${html_source}/package.json described)
    string(APPEND wanted " ${described}")
    set(stamp ${html_build}/packages)
    if(EXISTS ${stamp} AND EXISTS ${html_build}/node_modules/esbuild)
        file(READ ${stamp} present)
        if(present STREQUAL wanted)
            return()
        endif()
    endif()
    file(REMOVE ${stamp})
    file(COPY ${html_source}/package.json ${html_source}/package-lock.json
        DESTINATION ${html_build})
    execute_process(
        COMMAND ${NPM} ci --ignore-scripts --no-audit --no-fund --no-update-notifier
            --prefer-offline --fetch-retries=1 --fetch-timeout=30000
        WORKING_DIRECTORY ${html_build} TIMEOUT 300
        OUTPUT_FILE ${html_build}/npm.log ERROR_FILE ${html_build}/npm.log RESULT_VARIABLE result)
    if(NOT result EQUAL 0)
        set(html_off "npm: could not fetch its packages, see ${html_build}/npm.log" PARENT_SCOPE)
        return()
    endif()
    file(WRITE ${stamp} "${wanted}")
endfunction()

set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${html_source}/package.json
    ${html_source}/package-lock.json)
if(GAIAPROF_WITH_HTML)
    gaiaprof_html_packages()
else()
    set(html_off "GAIAPROF_WITH_HTML=OFF")
endif()

if(html_off)
    message(STATUS "off: HTML report (${html_off})")
    gaiaprof_report_folder(html render_html_off.c)
    set(GAIAPROF_HTML OFF)
    set(off "\"this build is without it: build gaiaprof again where npm can fetch its packages\"")
else()
    gaiaprof_report_folder(html html_heap.c html_json.c html_locks.c html_source.c html_stacks.c
        html_template.S html_threads.c html_values.c render_html.c)
    file(GLOB html_sources CONFIGURE_DEPENDS ${html_source}/page/*)
    add_custom_command(OUTPUT ${html_build}/template.html
        COMMAND ${NODE} ${html_source}/build.mjs ${html_source}/page ${html_build}/template.html
        WORKING_DIRECTORY ${html_build} VERBATIM COMMENT "Bundling the page of the HTML report"
        DEPENDS ${html_source}/build.mjs ${html_sources} ${html_build}/packages)
    set_source_files_properties(html/html_template.S PROPERTIES
        OBJECT_DEPENDS ${html_build}/template.html
        COMPILE_DEFINITIONS GAIAPROF_HTML_TEMPLATE="${html_build}/template.html")
    set(GAIAPROF_HTML ON)
    set(off NULL)
endif()
set(GAIAPROF_HTML ${GAIAPROF_HTML} CACHE INTERNAL "the build has the HTML report")
set_property(SOURCE formats/render.c APPEND PROPERTY COMPILE_DEFINITIONS GAIAPROF_HTML_OFF=${off})
