/** How a study's figures came about, in words that can be cited. */
import type { ClassSubject } from '../../attributes/classes/classes.js';
import { percent } from '../../attributes/percent.js';
import { RELIABLE_SIZE } from '../../study/course.js';
import { WHOLE } from '../../study/design.js';
import type { StudyResult } from '../../study/study-result.js';
import { listed } from '../words.js';
import { type Html, html } from './html.js';
import { dataTable } from './page.js';

export function studyMethods({ settings, quality, design, schemaVersion }: StudyResult, { classes }: ClassSubject): Html {
  const { step, seed, outcomes, primary, threshold, leastShare, leastFace } = settings;
  const corrected = quality.filter(({ baseline }) => baseline === 'used').length;
  return html`<h2>Methods</h2>
<p><strong>Scores.</strong> In every analysed frame a neural network gave the participant’s face a probability for each of ${listed(classes.labels)}. Scores are these, unsmoothed, averaged over steps of ${step} s on the stimulus’s own time axis; each frame weighs as long as it was shown, at most half a second. A step of which less than half was measured is missing: nobody was seen, the tracker carried the face, it was smaller than ${percent(RELIABLE_SIZE)} of what the network sees, or the design leaves the stretch out.</p>
<p><strong>Baseline.</strong> ${
    corrected === 0
      ? 'No recording has one; scores are used as measured.'
      : `In ${corrected} of ${quality.length} recordings the mean score over a stretch with a neutral face was taken off (change scores; Vickers and Altman 2001, doi:10.1136/bmj.323.7321.1123); the others are used as measured and marked in the table above.`
  } Curves, windows and tests use the corrected scores; the tables hold both.</p>
<p><strong>Curves.</strong> Means over participants with 95 % percentile bands from 1,000 bootstrap samples of participants (Efron 1979, doi:10.1214/aos/1176344552).</p>
<p><strong>Comparisons.</strong> A window’s value is a participant’s mean over it, missing where less than half was measured. The same participants under two stimuli are compared by a permutation test that swaps signs, other participants by one that shuffles them; two-sided, exact up to 20,000 rearrangements, else 20,000 random ones (Phipson and Smyth 2010, doi:10.2202/1544-6115.1585). Effect sizes: Cohen’s d_z with its interval from the non-central t distribution (Cumming and Finch 2001, doi:10.1177/0013164401614002); Cliff’s δ with the interval of Feng and Cliff (2004, doi:10.22237/jmasm/1099267560). p is corrected after Holm (1979, https://www.jstor.org/stable/4615733) within a family: ${
    primary.length
      ? `the primary tests, named before the study was run, are ${listed(primary.map(({ label, window }) => (window === WHOLE ? `“${label}” over the whole stimulus` : `“${label}” in “${window}”`)))}; all others explore, and are corrected among themselves`
      : 'no primary test was named beforehand, so all tests explore, and are corrected together'
  }; stimuli and each condition column are families of their own.</p>
<p><strong>Over time.</strong> Cluster-based permutation test (Maris and Oostenveld 2007, doi:10.1016/j.jneumeth.2007.03.024): clusters of steps with |t| above the 97.5 % point, weighed by their sum of t, 1,000 rearrangements; p is corrected after Holm over all curves that are compared.</p>
<p><strong>Power.</strong> The smallest standardised difference that a two-sided t-test at 5 % finds in 80 % of studies of this size, before any correction.</p>
${dataTable({
  caption: 'Settings of the study',
  columns: ['Setting', 'Value'],
  rows: [
    ['step', `${step} s`],
    ['seed', seed],
    ['outcomes', outcomes.join(', ')],
    ['primary tests', primary.map(({ label, window }) => `${label}@${window}`).join(', ') || 'none named'],
    ['threshold', threshold],
    ['least share of participants', leastShare],
    ['least share of time with a face', leastFace],
    ['SHA-256 of the design', html`<code>${design}</code>`],
    ['version of study.json', schemaVersion],
  ],
})}`;
}
