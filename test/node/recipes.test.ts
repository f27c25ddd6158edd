/** How networks are trained by name: each has a recipe of its own, and no other name has one. */
import { describe, expect, it } from 'vitest';
import { NETWORKS } from '#dist/train/networks/index.js';
import { lighter, recipeFor } from '#dist/train/recipes.js';

describe('recipeFor', () => {
  it('knows every network', () => {
    for (const { name } of NETWORKS) expect(recipeFor(name).epochs, name).toBeGreaterThan(0);
    expect(recipeFor('detector').batch).not.toBe(recipeFor('emotion').batch);
  });

  it.each(['emotions', '', 'constructor'])("refuses '%s', and names those it knows", (name) => {
    expect(() => recipeFor(name)).toThrow(
      expect.objectContaining({
        code: 'invalid-option',
        message: `there is no recipe for a network '${name}'; known: emotion, age, detector, refiner, small, big, mini-xception`,
      }),
    );
  });
});

it('a lighter augmentation mixes and erases nothing, and turns and blurs less', () => {
  const { augment } = recipeFor('emotion');
  expect(lighter(augment)).toEqual({ ...augment, mixup: 0, erase: 0, rotate: 18 * 0.6, blur: 0.2 * 0.5 });
});
