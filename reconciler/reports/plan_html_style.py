"""The style sheet of the plan's page: light and dark, phone and paper."""

STYLE = """\
.about { color: var(--quiet); margin: 0; font-size: .88rem; overflow-wrap: anywhere; }
a { color: inherit; } summary { cursor: pointer; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .7rem; padding: 0;
  margin: 0 0 1.4rem; list-style: none; }
.tiles li { border: 1px solid var(--line); border-top: 4px solid var(--mark); border-radius: 8px;
  padding: .5rem .8rem .6rem; background: var(--soft); font-size: .88rem; }
.tiles b { display: block; font-size: 1.6rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles .create { border-top-color: var(--mark-add); } .tiles .create b { color: var(--add); }
.tiles .update { border-top-color: var(--mark-mod); } .tiles .update b { color: var(--mod); }
.tiles .delete, .tiles .blocked { border-top-color: var(--mark-del); }
.tiles .delete b, .tiles .blocked b { color: var(--del); }
.tiles .move { border-top-color: var(--mark-move); } .tiles .move b { color: var(--move); }
.tiles .none { border-top-color: var(--line); color: var(--quiet); } .tiles .none b { color: var(--quiet); }
.danger { border: 1px solid var(--mark-del); border-left-width: 6px; border-radius: 8px; background: var(--del-soft);
  padding: .8rem 1.1rem .9rem; margin: 0 0 1.2rem; }
.danger h2 { margin: 0 0 .4rem; color: var(--del); }
.danger ul, .problems ul, ol { list-style: none; margin: 0; padding: 0; }
.danger li { overflow-wrap: anywhere; padding: .16rem 0 .16rem 1.4rem; position: relative; font-weight: 600; }
.danger li.more { font-weight: 400; padding-top: 0; }
.danger li::before { position: absolute; left: .2rem; color: var(--del); font-weight: 700; }
.danger li.bad::before { content: "!"; } .danger li.delete::before { content: "\\2212"; }
.danger li.create::before { content: "+"; }
.problems li { border: 1px solid var(--line); border-left: 5px solid var(--mark); border-radius: 6px;
  padding: .55rem .9rem; margin: 0 0 .5rem; overflow-wrap: anywhere; }
.problems li.error { border-left-color: var(--mark-del); } .problems li.error b { color: var(--del); }
.problems li.warning { border-left-color: var(--mark-mod); } .problems li.warning b { color: var(--mod); }
.problems code { display: block; color: var(--quiet); } .problems p { margin: .15rem 0 0; }
.scope { margin: 0 0 1rem; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.scope > summary { padding: .6rem .9rem; background: var(--soft); overflow-wrap: anywhere; }
.scope[open] > summary { border-bottom: 1px solid var(--line); }
.scope > .tail { margin: .5rem .9rem; overflow-wrap: anywhere; }
ol > li { padding: .6rem .9rem .7rem 1rem; border-left: 5px solid var(--mark); border-bottom: 1px solid var(--line);
  content-visibility: auto; contain-intrinsic-size: auto 6rem; }
ol > li:last-child { border-bottom: 0; } ol > li:target { outline: 3px solid var(--link); outline-offset: -3px; }
li.create { border-left-color: var(--mark-add); } li.update { border-left-color: var(--mark-mod); }
li.delete { border-left-color: var(--mark-del); } li.move { border-left-color: var(--mark-move); }
.danger li { border-left: 0; }
h3 { font-size: .95rem; margin: 0; font-weight: 600; overflow-wrap: anywhere; }
.op, .role { display: inline-block; font-size: .74rem; font-weight: 700; padding: .02rem .5rem; border-radius: 1rem;
  background: var(--soft); color: var(--quiet); vertical-align: 1px; }
.create > h3 .op { background: var(--add-soft); color: var(--add); }
.update > h3 .op { background: var(--mod-soft); color: var(--mod); }
.delete > h3 .op, .role.bad { background: var(--del-soft); color: var(--del); }
.move > h3 .op { background: var(--move-soft); color: var(--move); }
p { margin: .35rem 0; } .bad { color: var(--del); font-weight: 600; } .why { color: var(--quiet); font-size: .88rem; }
table { border-collapse: collapse; margin: .5rem 0; font-size: .9rem; width: 100%; table-layout: fixed; }
th { text-align: left; font-weight: 400; color: var(--quiet); padding: .2rem .6rem .2rem 0; vertical-align: top;
  overflow-wrap: anywhere; width: 22%; } tr > th ~ th { width: auto; }
td { padding: .2rem .5rem; vertical-align: top; overflow-wrap: anywhere; border-top: 1px solid var(--bg); }
td code { white-space: pre-wrap; display: block; max-height: 16rem; overflow: auto; }
td.was { background: var(--del-soft); } td.is { background: var(--add-soft); }
.wide { overflow-x: auto; } .grid { table-layout: auto; } .grid th, .grid td { width: auto; border-top: 0;
  border-bottom: 1px solid var(--line); padding: .35rem .9rem .35rem 0; }
.n { text-align: right; font-variant-numeric: tabular-nums; }
.call > summary { color: var(--quiet); font-size: .9rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .9rem; margin: .4rem 0; font-size: .88rem; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; min-width: 0; }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; margin: .4rem 0;
  white-space: pre-wrap; max-height: 30rem; overflow: auto; }
footer { margin-top: 2.4rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet);
  font-size: .9rem; overflow-wrap: anywhere; } footer pre { color: var(--text); }
@media (max-width: 40rem) {
  main { padding: 1rem .8rem 2rem; } h1 { font-size: 1.25rem; } dl { grid-template-columns: 1fr; }
  .tiles { grid-template-columns: repeat(3, 1fr); gap: .4rem; } .tiles li { padding: .4rem .5rem; font-size: .78rem; }
  .tiles b { font-size: 1.25rem; } th { width: 30%; } ol > li { padding: .6rem .6rem .7rem .7rem; } }
@media print {
  main { max-width: none; padding: 0; } ol > li { content-visibility: visible; break-inside: avoid; }
  td code, pre { max-height: none; } .scope { overflow: visible; } }
"""
