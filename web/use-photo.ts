/** Shows a photo on the stage: reads its image from the file, and draws it whenever something about it changes. */
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { drawPhoto, type PhotoBitmap, type PhotoView, photoBitmap } from './photo.js';
import type { Stage } from './stage.js';

interface Shown {
  readonly view: PhotoView;
  readonly bitmap: PhotoBitmap;
}

/** Until the image is there, and faces are hidden in it where they are to be, nothing is drawn. */
export function usePhoto(
  view: PhotoView | undefined,
  {
    canvas,
    stage,
    blur,
    chosen,
  }: {
    readonly canvas: RefObject<HTMLCanvasElement | null>;
    readonly stage: RefObject<Stage | undefined>;
    readonly blur: boolean;
    readonly chosen: number | undefined;
  },
): void {
  const [shown, setShown] = useState<Shown>();

  useEffect(() => {
    if (!view) return;
    let current = true;
    let bitmap: PhotoBitmap | undefined;
    photoBitmap(view, blur).then(
      (read) => {
        if (!current) return read.bitmap.close();
        bitmap = read;
        setShown({ view, bitmap });
      },
      // It was read before: the file is gone, or other networks take over and read it anew.
      () => {},
    );
    return () => {
      current = false;
      setShown(undefined);
      bitmap?.bitmap.close();
    };
  }, [view, blur]);

  useEffect(() => {
    if (!shown || shown.view !== view) return;
    const draw = () => drawPhoto(stage.current!, shown.view, shown.bitmap, chosen);
    draw();
    const resize = new ResizeObserver(draw);
    resize.observe(canvas.current!);
    return () => resize.disconnect();
  }, [shown, view, chosen]);
}
