/** The seven emotions, as FER-2013 names them. */

/** In the order in which probabilities are listed. */
export const EMOTIONS = ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'] as const;
export type Emotion = (typeof EMOTIONS)[number];
