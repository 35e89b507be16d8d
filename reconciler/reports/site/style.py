"""What the style of the site adds to that of every HTML report."""

from __future__ import annotations

SHEET = r"""
:root { --grey: #57606a; --grey-soft: #eaeef2; }
@media (prefers-color-scheme: dark) { :root { --grey: #aeb7c0; --grey-soft: #252c35; } }
main { padding-top: 1.1rem; }
nav { color: var(--quiet); font-size: .9rem; overflow-wrap: anywhere; }
footer { padding: 1.5rem 0 0; color: var(--quiet); font-size: .85rem; }
a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
a:focus-visible, summary:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px; }
h1 { margin: .35rem 0 .5rem; }
h3 { font-size: .95rem; margin: 0; font-weight: 600; overflow-wrap: anywhere; }
p { margin: .4rem 0; } .quiet { color: var(--quiet); } .sub { color: var(--quiet); margin: 0 0 1.2rem; }
.value { unicode-bidi: isolate; overflow-wrap: anywhere; }
.badge { display: inline-block; padding: .05rem .55rem; border-radius: 1rem; font-size: .8rem; font-weight: 600;
  white-space: nowrap; background: var(--grey-soft); color: var(--grey); }
.badge.drift, .badge.failed, .badge.partly, .badge.opens { background: var(--del-soft); color: var(--del); }
.badge.unknown, .badge.changed, .badge.blocked, .badge.interrupted, .badge.stale, .badge.wait {
  background: var(--mod-soft); color: var(--mod); }
.badge.clean, .badge.done { background: var(--add-soft); color: var(--add); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: .8rem; padding: 0;
  margin: 0 0 1.4rem; list-style: none; }
.tiles li { border: 1px solid var(--line); border-top: 4px solid var(--mark); border-radius: 8px;
  padding: .7rem .9rem .8rem; background: var(--soft); }
.tiles b { display: block; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles span { display: block; font-weight: 600; } .tiles small { color: var(--quiet); font-size: .82rem; }
.tiles .drift { border-top-color: var(--mark-del); } .tiles .drift b { color: var(--del); }
.tiles .unknown, .tiles .stale { border-top-color: var(--mark-mod); }
.tiles .unknown b, .tiles .stale b { color: var(--mod); }
.tiles .clean { border-top-color: var(--mark-add); } .tiles .none b { color: inherit; }
.tiles .none { border-top-color: var(--line); }
.notice { border: 1px solid var(--line); border-left: 5px solid var(--mark-mod); background: var(--mod-soft);
  border-radius: 6px; padding: .7rem 1rem; margin: 0 0 1rem; overflow-wrap: anywhere; }
.notice.red { border-left-color: var(--mark-del); background: var(--del-soft); }
.notice.note { border-left-color: var(--mark); background: var(--soft); }
.notice ul { margin: .3rem 0 0; padding-left: 1.2rem; }
table { width: 100%; border-collapse: collapse; font-size: .92rem; }
caption { text-align: left; color: var(--quiet); font-size: .85rem; padding-bottom: .4rem; }
th { text-align: left; font-size: .78rem; color: var(--quiet); font-weight: 600; padding: .4rem .6rem;
  border-bottom: 2px solid var(--line); vertical-align: bottom; }
td { padding: .5rem .6rem; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
th[scope=row] { font-size: .92rem; color: inherit; border-bottom: 1px solid var(--line); font-weight: 600;
  padding: .5rem .6rem; vertical-align: top; overflow-wrap: anywhere; min-width: 13rem; max-width: 26rem; }
th small, td small { display: block; color: var(--quiet); font-weight: 400; font-size: .82rem; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bad { color: var(--del); font-weight: 700; } time, .nowrap { white-space: nowrap; }
tbody tr:hover { background: var(--soft); }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .7rem 1.4rem;
  margin: 0 0 1.3rem; padding: .9rem 1rem; border: 1px solid var(--line); border-radius: 8px; background: var(--soft); }
.facts dt, .small dt { color: var(--quiet); font-size: .78rem; font-weight: 600; }
.facts dd, .small dd { margin: 0; overflow-wrap: anywhere; }
.facts small { color: var(--quiet); margin-left: .5rem; font-size: .82rem; }
td.empty::after { content: "\2013"; color: var(--quiet); }
.next { border-left: 3px solid var(--line); padding-left: .9rem; margin: 0 0 1rem; font-size: .9rem; }
.next dt { color: var(--quiet); font-size: .78rem; font-weight: 600; } .next dd { margin: 0 0 .35rem; }
.finding { border: 1px solid var(--line); border-left: 5px solid var(--mark-mod); border-radius: 6px;
  padding: .75rem 1rem .8rem; margin: 0 0 .8rem; }
.finding.danger { border-left-color: var(--mark-del); } .finding.calm { border-left-color: var(--mark); }
.finding.danger > .head { color: var(--del); }
.tags { margin: .3rem 0 .2rem; } .tags .badge { margin-right: .3rem; }
.why { margin: .3rem 0; overflow-wrap: anywhere; }
.small { display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; margin: .5rem 0 0; font-size: .88rem; }
.small div { min-width: 0; }
.fields { margin: .5rem 0 .3rem; table-layout: fixed; } .fields th:first-child { width: 24%; }
.fields th[scope=row] { min-width: 0; font-weight: 400; }
.fields .wanted { border-left: 3px solid var(--mark-add); } .fields .live { border-left: 3px solid var(--mark-del); }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--link); }
.trend { margin: 0 0 .5rem; } .plot { position: relative; padding-left: 2.6rem; }
.plot svg { display: block; width: 100%; height: 8.5rem; } .plot svg.strip { height: .9rem; margin-top: .25rem; }
.top, .zero { position: absolute; left: 0; width: 2.2rem; text-align: right; font-size: .75rem; color: var(--quiet);
  font-variant-numeric: tabular-nums; }
.top { top: -.2rem; } .zero { top: 7.6rem; }
.dates { display: flex; justify-content: space-between; padding: .25rem 0 .15rem 2.6rem; font-size: .75rem;
  color: var(--quiet); }
figcaption { padding-left: 2.6rem; font-size: .82rem; color: var(--quiet); }
.key { margin-right: 1.2rem; white-space: nowrap; } .key::before { content: ""; display: inline-block; width: .8rem;
  height: .8rem; margin-right: .35rem; vertical-align: -.08rem; border-radius: 2px; background: var(--mark); }
.key.alarms::before { background: var(--mark-del); }
.key.findings::before { background: none; border-top: 2px solid var(--mark-mod); height: .25rem; border-radius: 0; }
.grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
path.alarms { fill: var(--mark-del); fill-opacity: .28; stroke: var(--mark-del); stroke-width: 1.5;
  vector-effect: non-scaling-stroke; }
path.findings { fill: none; stroke: var(--mark-mod); stroke-width: 2; vector-effect: non-scaling-stroke; }
path.untold { fill: none; stroke: var(--mark); stroke-width: 2; stroke-dasharray: 5 3;
  vector-effect: non-scaling-stroke; }
rect.gap { fill: var(--mark); fill-opacity: .35; }
.strip .clean { fill: var(--mark-add); } .strip .known { fill: var(--mark-mod); }
.strip .drift { fill: var(--mark-del); } .strip .unknown { fill: var(--mark); }
@media (max-width: 46rem) {
  main { padding-left: .9rem; padding-right: .9rem; } h1 { font-size: 1.3rem; }
  .tiles { grid-template-columns: 1fr 1fr; gap: .6rem; }
  .tiles li:first-child { grid-column: 1 / -1; }
  .cards, .cards caption, .cards tbody, .cards tr, .cards td, .cards th { display: block; width: auto;
    max-width: none; }
  .cards thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .cards tr { border: 1px solid var(--line); border-radius: 8px; padding: .5rem .8rem; margin: 0 0 .7rem; }
  .cards td, .cards th[scope=row] { border: 0; padding: .18rem 0; min-width: 0; text-align: left; white-space: normal; }
  .cards td { display: grid; grid-template-columns: 7.2rem minmax(0, 1fr); }
  .cards td::before { content: attr(data-label); color: var(--quiet); font-size: .82rem; }
  .cards td > * { grid-column: 2; min-width: 0; justify-self: start; } .cards td.empty { display: none; }
  .fields, .fields tbody, .fields tr, .fields td, .fields th { display: block; width: auto; }
  .fields thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .fields th:first-child { width: auto; } .fields th[scope=row] { border: 0; padding: .3rem 0; max-width: none; }
  .fields td { border-bottom: 0; padding: .15rem .6rem; } .fields td::before { content: attr(data-label) ": ";
    color: var(--quiet); font-size: .8rem; }
  .fields tr { border-bottom: 1px solid var(--line); padding-bottom: .3rem; } }
@media print { .finding, .tiles li { break-inside: avoid; } }
"""
