// SPDX-License-Identifier: MIT
//
// html_template.S - the page without a profile, as build.mjs made it.
    .section .rodata
    .global html_template
    .hidden html_template
    .global html_template_end
    .hidden html_template_end
html_template:
    .incbin GAIAPROF_HTML_TEMPLATE
html_template_end:
    .section .note.GNU-stack, "", %progbits
