/**
 * The look of all pages: calm, dark or light as the reader's machine is set, from 360 pixels on, and on paper. Colours are never alone in saying
 * something, and each stands out from its ground by 4.5 to 1 at least.
 */
export const style = `
:root { color-scheme: light dark; --ground: #fbfaf7; --card: #ffffff; --ink: #1d2330; --soft: #545b6b; --line: #d9d7cf;
  --link: #0b57a4; --good: #17663a; --warn: #7a4b00; --bad: #a3201d; --warn-ground: #fff4dc; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171d; --card: #1c2029; --ink: #e8e9ec; --soft: #adb3c0; --line: #363c49;
  --link: #8fc1ff; --good: #7fd6a2; --warn: #f1c56b; --bad: #ff9d96; --warn-ground: #33290f; } }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; background: var(--ground); color: var(--ink); }
body { margin: 0; overflow-wrap: anywhere; }
header, main, footer { max-width: 62rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1rem; padding-bottom: .5rem; }
header nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; list-style: none; margin: 0; padding: 0; }
header nav a { display: inline-block; padding: .25rem 0; }
a[aria-current] { font-weight: 700; text-decoration-thickness: .15em; }
main { padding-bottom: 3rem; }
footer { padding-bottom: 2rem; color: var(--soft); font-size: .875rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 1.25rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
p, ul, ol, dl { margin: .5rem 0; max-width: 46rem; }
li { margin: .3rem 0; overflow-wrap: anywhere; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
code { font: .9em ui-monospace, "Cascadia Mono", Menlo, monospace; overflow-wrap: anywhere; background: var(--card);
  border: 1px solid var(--line); border-radius: .25rem; padding: .05em .3em; }
dl { display: grid; grid-template-columns: minmax(8rem, 13rem) 1fr; gap: .35rem 1rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .5rem; }
.lead { font-size: 1.1rem; }
.soft { color: var(--soft); }
.unwritten { color: var(--warn); font-style: italic; }
.warning { background: var(--warn-ground); border-left: .3rem solid var(--warn); padding: .5rem .8rem; max-width: 46rem; }
.state { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem; font-size: .875rem; white-space: nowrap; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.plain { list-style: none; padding: 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; margin: .6rem 0; max-width: none; }
.card p { margin: .2rem 0; } .card h2 { margin-top: .2rem; } .whole { white-space: nowrap; }
form.filter { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: 1rem 0; }
form.filter select { max-width: 13rem; }
form.filter input, form.filter select, form.filter button { height: 2.5rem; }
label { display: block; }
label.tick { display: grid; grid-template-columns: auto 1fr; gap: .7rem; align-items: start; padding: .3rem 0; }
input[type="checkbox"] { width: 1.25rem; height: 1.25rem; margin: .15rem 0 0; }
input[type="password"] { width: 32rem; }
input, select, textarea, button, .button { font: inherit; color: inherit; background: var(--card); border: 1px solid var(--soft);
  border-radius: .35rem; padding: .4rem .7rem; max-width: 100%; }
button, .button { cursor: pointer; text-decoration: none; display: inline-block; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1rem 0; }
.first { background: var(--link); color: var(--ground); border-color: var(--link); }
svg { max-width: 100%; height: auto; } svg text { fill: var(--soft); font-size: 13px; }
.bar.current { fill: var(--good); } .bar.old { fill: var(--warn); } .bar.coming { fill: var(--link); } .bar.ended { fill: var(--line); }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
@media print { header nav, .filter, .actions, .skip { display: none; } h2 { break-after: avoid; } li, dl { break-inside: avoid; }
  html { font-size: 10.5pt; } .warning { border: 1px solid; } }
`;
