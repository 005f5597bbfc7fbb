/**
 * What is left of a name when everything that a reader could take for something else is made alike. Two names with the
 * same skeleton cannot be told apart at a glance.
 */
export const skeletonOf = (name: string): string =>
  name.replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('rn', 'm').replaceAll('vv', 'w').replaceAll(/[._-]/g, '-')
