/** The HTML around every page of ours: system fonts, light and dark, readable on a phone. */
export function pageShell(title: string, body: string, script?: { nonce: string; code: string }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Parker Flight</title>
<link rel="icon" href="data:,">
<style>
:root { color-scheme: light dark; --ink: #14213d; --soft: #5c677d; --line: #dfe4ec; --page: #f3f5f9; --card: #fff; --accent: #1f6feb; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8ecf4; --soft: #9aa6bd; --line: #2c3750; --page: #0d1424; --card: #16203a; --accent: #6ea8ff; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 42rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
header { color: var(--soft); font-size: .8rem; letter-spacing: .08em; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .2rem 0 1rem; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: .8rem; padding: 1rem 1.2rem; margin: 0 0 1rem; }
.soft { color: var(--soft); font-size: .9rem; }
label { display: block; font-weight: 600; margin-bottom: .3rem; }
textarea, input { width: 100%; font: inherit; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: .5rem; padding: .6rem; }
input[type=checkbox] { width: auto; margin: 0 .4rem 0 0; accent-color: var(--accent); }
button:disabled { opacity: .55; cursor: default; }
a.button { display: inline-block; font-weight: 600; color: #fff; background: #1f6feb; border-radius: .5rem; padding: .6rem 1.1rem; text-decoration: none; }
button { font: inherit; font-weight: 600; color: #fff; background: #1f6feb; border: 0; border-radius: .5rem; padding: .6rem 1.1rem; margin-top: .7rem; cursor: pointer; }
ol { list-style: none; margin: 0; padding: 0; }
li { border-left: 2px solid var(--line); padding: 0 0 .9rem 1rem; position: relative; overflow-wrap: anywhere; }
li::before { content: ""; position: absolute; left: -.4rem; top: .45rem; width: .65rem; height: .65rem; border-radius: 50%; background: var(--accent); }
h2 { font-size: 1.05rem; margin: 0 0 .6rem; }
h3 { font-size: .9rem; color: var(--soft); margin: 0 0 .3rem; }
.compared { display: grid; grid-template-columns: 1fr 1fr; gap: .6rem; }
.flight { margin: 0 0 .7rem; overflow-wrap: anywhere; }
.buttons { margin: 0; }
button.quiet { background: transparent; color: var(--accent); border: 1px solid var(--line); }
button[hidden] { display: none; }
code { font-size: .85em; }
a { color: var(--accent); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; margin: .8rem 0 0; padding: .8rem 0 0; border-top: 1px solid var(--line); font-size: .95rem; }
dl[hidden] { display: none; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 30rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
</style>
</head>
<body><main><header>PARKER FLIGHT</header>${body}</main>${script ? `<script nonce="${script.nonce}">${script.code}</script>` : ''}</body>
</html>`;
}
