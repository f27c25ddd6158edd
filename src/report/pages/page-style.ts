/** The style sheet of phiz's HTML reports: light and dark, paper, and screens from 360 pixels. Fonts are the reader's own. */
import { type ClassColours, type ClassSubject, UNCLEAR } from '../../attributes/classes/classes.js';
import { CLIPS_ON_DARK, CLIPS_ON_LIGHT } from '../plots/colours.js';
import { MARGIN, NARROW, WIDE } from '../plots/page-plot.js';

/** The classes of all attributes, and the unclear, by the names that style sheets have for them. */
function named(subjects: readonly ClassSubject[]): readonly (readonly [id: string, colours: ClassColours])[] {
  return [
    ...subjects.flatMap(({ classes }) =>
      classes.labels.map((label: string) => [classes.id(label), classes.colours[label]!] as const),
    ),
    [UNCLEAR.label, UNCLEAR],
  ];
}

const colours = (subjects: readonly ClassSubject[], on: 'onLight' | 'onDark') =>
  named(subjects)
    .map(([id, colour]) => `--${id}:${colour[on]}`)
    .join(';');
const clips = (of: readonly string[]) => of.map((colour, i) => `--clip-${i}:${colour}`).join(';');

const light = (subjects: readonly ClassSubject[]) =>
  `--ground:#ffffff;--card:#f4f5f7;--line:#d5d8de;--text:#1c1e22;--quiet:#555b66;--link:#0b57a4;--on-class:#ffffff;--warn:#fdf0d5;--warn-line:#b7791f;${colours(subjects, 'onLight')};${clips(CLIPS_ON_LIGHT)}`;
const dark = (subjects: readonly ClassSubject[]) =>
  `--ground:#15171b;--card:#1f2228;--line:#3a3f49;--text:#e8eaee;--quiet:#a6adba;--link:#8ec2ff;--on-class:#15171b;--warn:#33291a;--warn-line:#e0a84a;${colours(subjects, 'onDark')};${clips(CLIPS_ON_DARK)}`;

const inset = ({ width }: { readonly width: number }) =>
  `--left:${((100 * MARGIN.left) / width).toFixed(3)}%;--right:${((100 * MARGIN.right) / width).toFixed(3)}%`;

/** The style sheet of a page that shows these attributes. */
export const pageStyle = (subjects: readonly ClassSubject[]): string => `
:root{color-scheme:light dark;${light(subjects)};${inset(WIDE)}}
@media (prefers-color-scheme:dark){:root{${dark(subjects)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main,footer{max-width:58rem;margin:0 auto;padding:0 1rem}
main{padding-top:2rem}
h1{font-size:1.75rem;line-height:1.2;margin:0 0 .75rem;overflow-wrap:anywhere}
h2{font-size:1.3rem;margin:2.5rem 0 .5rem;border-top:1px solid var(--line);padding-top:1.5rem}
h3{font-size:1.1rem;margin:1.5rem 0 .35rem}
p{margin:.5rem 0;max-width:44rem}
a{color:var(--link)}
code{font:.9em ui-monospace,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
th code,td code{overflow-wrap:break-word}
.lede{font-size:1.08rem}
.quiet,figcaption,caption{color:var(--quiet);font-size:.92rem}
.warn{background:var(--warn);border-left:4px solid var(--warn-line);padding:.6rem 1rem;margin:1rem 0;max-width:44rem}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.5rem,1fr));gap:.6rem;margin:1rem 0;padding:0}
.facts div{background:var(--card);border-radius:.5rem;padding:.55rem .8rem}
.facts div:first-child{grid-column:span 2}
.facts dt{color:var(--quiet);font-size:.85rem}
.facts dd{margin:0;font-weight:600;overflow-wrap:anywhere}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;margin:.75rem 0;padding:0}
.legend li::before{content:"";display:inline-block;width:1.4rem;height:.28rem;border-radius:.14rem;background:var(--own);margin-right:.45rem;vertical-align:.22em}
figure{margin:.75rem 0 1rem}
figure svg{display:block;width:100%;height:auto;font-size:12px}
figcaption{max-width:44rem;margin-top:.35rem}
.narrow{display:none}
.strip{display:flex;gap:2px;margin:.15rem var(--right) .4rem var(--left)}
.strip>*{flex:1 1 0;min-width:0}
.strip img{display:block;width:100%;height:auto;border-radius:2px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;min-width:min(100%,34rem);margin:.75rem 0 1.25rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding-bottom:.4rem;max-width:min(44rem,calc(100vw - 2rem))}
th,td{text-align:left;padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:baseline}
th{font-weight:600}
thead th{color:var(--quiet);font-size:.88rem;vertical-align:bottom}
.n{text-align:right;white-space:nowrap}
thead .n{white-space:normal}
.wrap{overflow-wrap:break-word}
.bars{width:100%;max-width:44rem}
.bars th,.bars td{vertical-align:middle}
.bars .bar{width:60%;padding-right:.5rem}
.bars .bar span{display:block;height:1.05rem;border-radius:0 .2rem .2rem 0;background:var(--own);width:var(--share)}
.stack{display:flex;height:1.5rem;border-radius:.25rem;overflow:hidden;background:var(--card);margin:.3rem 0 1rem;max-width:44rem}
.stack span{background:var(--own);color:var(--on-class);font-size:.75rem;font-weight:700;line-height:1.5rem;text-align:center;white-space:nowrap;overflow:hidden;width:var(--share)}
.stack .unclear{color:var(--text)}
.person{break-inside:avoid}
.who{display:flex;gap:1rem;align-items:flex-start}
.who img{width:5rem;height:5rem;object-fit:cover;border-radius:.5rem;flex:none}
.who p{margin-top:0}
ul.glance{padding-left:1.2rem;max-width:44rem}
ul.glance li{margin:.45rem 0}
ul.limits{padding-left:1.2rem;max-width:44rem}
ul.limits li{margin:.45rem 0}
footer{color:var(--quiet);font-size:.88rem;padding-top:1.5rem;padding-bottom:2.5rem}
${named(subjects)
  .map(([id]) => `.${id}{--own:var(--${id})}`)
  .join('')}
@media screen and (max-width:40rem){
:root{${inset(NARROW)}}
main{padding-top:1.25rem}
h1{font-size:1.45rem}
.wide{display:none}
.narrow{display:block}
.strip>:not(:nth-child(3n+2)){display:none}
.bars .bar{width:38%}
}
@media print{
:root{color-scheme:light;${light(subjects)}}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{font-size:10.5pt}
table{font-size:9pt}
th,td{padding-right:.6rem}
main,footer{max-width:none;padding:0}
h2,h3,caption{break-after:avoid}
figure,table,.facts,.warn{break-inside:avoid}
.scroll{overflow:visible}
a{color:inherit;text-decoration:none}
}
@page{margin:16mm}
`;
