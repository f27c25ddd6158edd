/** Shows a photo on the stage: reads its picture from the file, and draws it whenever something about it changes. */
import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { drawPhoto, type PhotoPicture, type PhotoView, photoPicture } from './photo.js';
import type { Stage } from './stage.js';

interface Shown {
  readonly view: PhotoView;
  readonly picture: PhotoPicture;
}

/** Until the picture is there, and faces are hidden in it where they are to be, nothing is drawn. */
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
    let picture: PhotoPicture | undefined;
    photoPicture(view, blur).then(
      (read) => {
        if (!current) return read.bitmap.close();
        picture = read;
        setShown({ view, picture });
      },
      // It was read before: the file is gone, or other networks take over and read it anew.
      () => {},
    );
    return () => {
      current = false;
      setShown(undefined);
      picture?.bitmap.close();
    };
  }, [view, blur]);

  useEffect(() => {
    if (!shown || shown.view !== view) return;
    const draw = () => drawPhoto(stage.current!, shown.view, shown.picture, chosen);
    draw();
    const resize = new ResizeObserver(draw);
    resize.observe(canvas.current!);
    return () => resize.disconnect();
  }, [shown, view, chosen]);
}
