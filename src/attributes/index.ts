/** The attributes of a face that phiz knows, in the order of results and tables: the only list. */

import { age } from './age/index.js';
import type { AnyNetworkAttribute, Attribute, NumberFigures, ValueOf } from './attribute.js';
import type { ClassSubject } from './classes/classes.js';
import { emotion } from './emotion/index.js';
import { quality } from './quality/index.js';

export const ATTRIBUTES = [emotion, age, quality] as const satisfies readonly Attribute[];

type Listed = (typeof ATTRIBUTES)[number];

/** Those that networks read: each has a model. */
export const NETWORK_ATTRIBUTES: readonly Extract<Listed, { readonly read: unknown }>[] = ATTRIBUTES.filter(
  (attribute) => 'read' in attribute,
);

/** The one that a network of this task reads; undefined for a task of none, such as classes that a card names. */
export function networkAttribute(task: string): AnyNetworkAttribute | undefined {
  return NETWORK_ATTRIBUTES.find(({ name }) => name === task);
}

/** How an attribute of numbers is scored. */
export function numberFigures(task: NumberName): NumberFigures<unknown> {
  return networkAttribute(task)?.figures as NumberFigures<unknown>;
}

/** Those whose values are some classes, with what plots and reports go by; the first leads where there is room for one. */
export function classSubjects(attributes: readonly Attribute[]): readonly ClassSubject[] {
  return attributes.flatMap(({ name, classes }) => (classes ? [{ name, classes }] : []));
}

/** Those of all that phiz knows. */
export const CLASS_ATTRIBUTES: readonly ClassSubject[] = classSubjects(ATTRIBUTES);

/** The one that tells these classes apart, in whatever order they stand. */
export function attributeOfClasses(labels: readonly string[]): AnyNetworkAttribute | undefined {
  return NETWORK_ATTRIBUTES.find((attribute: AnyNetworkAttribute) => {
    const known: readonly string[] = attribute.classes?.labels ?? [];
    return known.length === labels.length && known.every((label) => labels.includes(label));
  });
}

/** The first of them. */
export const LEADING: ClassSubject = CLASS_ATTRIBUTES[0]!;

export type AttributeName = Listed['name'];

export type NetworkName = (typeof NETWORK_ATTRIBUTES)[number]['name'];

/** Those whose values are scored as numbers. */
export type NumberName = Extract<Listed, { readonly figures: { readonly of: 'numbers' } }>['name'];

/** Those that are followed over time. */
export type CourseName = Extract<Listed, { readonly overTime: unknown }>['name'];

/** What is known of one face. */
export type Reading<Name extends AttributeName = AttributeName> = {
  readonly [A in Name]: ValueOf<Extract<Listed, { readonly name: A }>>;
};

/** The same seen by code that goes through the list: any names, any values. */
export type AnyReading = Readonly<Record<string, unknown>>;
