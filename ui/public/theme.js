/* SPDX-License-Identifier: Apache-2.0 */
/* Runs before the first paint, so that a chosen theme never flashes the other one. */
try {
    var chosen = localStorage.getItem("vitrine.theme");
    if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch (blocked) {
    /* Storage may be forbidden; the system's theme is then right. */
}
