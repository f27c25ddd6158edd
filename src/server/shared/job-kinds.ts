/** The kinds of jobs of a shared queue; imports nothing, since every command's help names them. */
export const JOB_KINDS = ['clip', 'photo-batch', 'study'] as const;
export type JobKind = (typeof JOB_KINDS)[number];
