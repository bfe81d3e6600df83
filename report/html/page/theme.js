// SPDX-License-Identifier: MIT
//
// theme.js - light or dark: the system's wish until somebody chooses. A page from a file may not
// be allowed to remember that.

const KEY = 'gaiaprof-theme'
const wish = window.matchMedia('(prefers-color-scheme: dark)')

function remembered() {
    try {
        return localStorage.getItem(KEY)
    } catch {
        return null
    }
}

function remember(theme) {
    try {
        localStorage.setItem(KEY, theme)
    } catch {
        // for this visit only
    }
}

export function isDark() {
    return document.documentElement.dataset.theme === 'dark'
}

export function startTheme(button, onChange) {
    const apply = (theme) => {
        document.documentElement.dataset.theme = theme
        button.setAttribute('aria-pressed', String(theme === 'dark'))
        onChange()
    }
    let chosen = remembered()
    const wished = () => (wish.matches ? 'dark' : 'light')
    wish.addEventListener('change', () => chosen || apply(wished()))
    button.addEventListener('click', () => {
        chosen = isDark() ? 'light' : 'dark'
        remember(chosen)
        apply(chosen)
    })
    apply(chosen === 'dark' || chosen === 'light' ? chosen : wished())
}
