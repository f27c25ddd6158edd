/** The seven emotions, as FER-2013 names them. */

/** In the order in which probabilities are listed. */
export const EMOTIONS = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] as const;
/** One of the seven emotions that the models of this package tell apart. */
export type Emotion = (typeof EMOTIONS)[number];
