/** What the figures mean and do not mean, and what must be so before anybody is looked at. */

export function Notice() {
  return (
    <section class="notice" aria-labelledby="notice">
      <h2 id="notice">Before you rely on it</h2>
      <ul>
        <li>
          <strong>It reads an expression, not a feeling.</strong> “Happy” means a face that most people would call happy. People
          often show what they do not feel, and feel what they do not show.
        </li>
        <li>
          <strong>Percentages are the program’s own confidence,</strong> not the chance that it is right. An age is an estimate;
          the span beside it says how unsure.
        </li>
        <li>
          <strong>Errors differ between groups.</strong> The images it learnt from do not show all ages, skin colours, sexes and
          cultures equally often or equally well. Poor light, small or turned faces, masks and glasses make errors larger.
        </li>
        <li>
          <strong>Ask first.</strong> Images of faces are personal data: point the camera only at people who have agreed. In the
          European Union, Article 5(1)(f) of the AI Act (Regulation (EU) 2024/1689) prohibits AI systems that infer people’s
          emotions at work and in education, save for medical or safety reasons; elsewhere, Article 50(3) asks that people be
          told. Do not use it to judge, grade, hire or watch people.
        </li>
        <li>
          <strong>Nothing leaves this machine.</strong> The networks run in this page; images are sent nowhere, and nothing is
          kept unless you save it. The weights come from research data: use them for research, teaching and private ends.
        </li>
      </ul>
    </section>
  );
}
