/** Tells screen readers what changed in the image, calmly: at most every four seconds, and only what is new. */
import { useEffect, useRef, useState } from 'preact/hooks';

const PAUSE = 4000;

export function Announcer({ text }: { readonly text: string }) {
  const [told, setTold] = useState('');
  const newest = useRef(text);
  newest.current = text;
  useEffect(() => {
    const timer = setInterval(() => setTold(newest.current), PAUSE);
    return () => clearInterval(timer);
  }, []);
  return (
    <p class="unseen" role="status" aria-live="polite">
      {told}
    </p>
  );
}
