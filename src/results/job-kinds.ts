/** The kinds of jobs; imports nothing, since every command's help names them. */
export const JOB_KINDS = ['clip', 'photo-batch', 'study'] as const;
/** What a job is made of: one clip, photos that are done one after another, or a study's recordings. */
export type JobKind = (typeof JOB_KINDS)[number];
