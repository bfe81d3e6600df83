// SPDX-License-Identifier: MIT
//
// build.mjs - bundles the page: build.mjs SOURCES OUTPUT. SOURCES is report/html/page,
// OUTPUT the template render_html.c fills in. Runs in a directory with node_modules. Script and
// style are allowed in the page by their hashes, so nothing else can run in it, and the licences
// of the bundled packages go with it.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const { build } = createRequire(join(process.cwd(), 'package.json'))('esbuild')

const [sources, output] = process.argv.slice(2)

async function bundle(entry, options) {
    const result = await build({
        entryPoints: [join(sources, entry)],
        bundle: true,
        minify: true,
        write: false,
        metafile: true,
        charset: 'utf8',
        target: ['chrome90', 'firefox90', 'safari15'],
        legalComments: 'none',
        nodePaths: [join(process.cwd(), 'node_modules')],
        logLevel: 'warning',
        ...options
    })
    return { text: result.outputFiles[0].text.trim(), inputs: Object.keys(result.metafile.inputs) }
}

function packagesOf(inputs) {
    const names = inputs.map((input) => input.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1])
    return [...new Set(names.filter(Boolean))].sort()
}

function licenceOf(name) {
    const folder = join('node_modules', name)
    const description = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
    const text = file ? readFileSync(join(folder, file), 'utf8').trim() : ''
    if (!text) throw new Error(`${name} has no licence file`)
    return { title: `${name} ${description.version} (${description.license})`, text }
}

// Packages with the same text share it.
function licences(names) {
    const titles = new Map()
    for (const name of names) {
        const { title, text } = licenceOf(name)
        titles.set(text, [...(titles.get(text) ?? []), title])
    }
    return [...titles].map(([text, all]) => `${all.join('\n')}\n\n${text}`).join('\n\n\n')
}

function escapeMarkup(text) {
    return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

function hash(text) {
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

// No '$' of the text means anything to replace().
function fill(template, parts) {
    return template.replace(/@([A-Z]+)@/g, (mark, name) => parts[name] ?? mark)
}

const script = await bundle('main.js', { format: 'iife' })
const style = await bundle('style.css', {})
if (/<\/(script|style)/i.test(script.text + style.text)) throw new Error('a tag ends in the bundle')
const page = fill(readFileSync(join(sources, 'page.html'), 'utf8'), {
    SCRIPT: script.text,
    STYLE: style.text,
    POLICY: `default-src 'none'; script-src ${hash(script.text)}; style-src ${hash(style.text)}`,
    LICENCES: escapeMarkup(licences(packagesOf([...script.inputs, ...style.inputs])))
})
writeFileSync(output, page)
