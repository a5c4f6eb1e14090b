/** Names of containers: the grammar Docker allows, and made-up ones. */
import { randomInt } from 'node:crypto';
import { invalidParameter } from '@berth/engine-api';

const grammar = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;

/** @returns the name without a leading slash. @throws invalidParameter in Docker's words */
export function checkName(name: string): string {
  const bare = name.startsWith('/') ? name.slice(1) : name;
  if (!grammar.test(bare)) {
    throw invalidParameter(`Invalid container name (${name}), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed`);
  }
  return bare;
}

const adjectives = (
  'agile amber ample azure bold brave breezy bright brisk calm candid clever cosy crisp curious daring deft ' +
  'eager early earnest easy fair fleet fluent fond frank fresh gentle glad golden grand hardy hearty humble ' +
  'jolly keen kind lively loyal lucid lucky mellow merry mild modest neat nimble noble patient placid plucky ' +
  'polite proud quick quiet rapid ready robust rosy sharp silver sincere sleek smooth snug sober steady sunny ' +
  'swift tender tidy tranquil trusty upbeat vivid warm watchful willing witty zesty'
).split(' ');

/** People of science, engineering and the sea. */
const surnames = (
  'abbe ampere ashby babbage banks barents baudin beaufort bell bering bernoulli bessel bowditch boyle cabot ' +
  'carnot cassini cook curie darwin davy dirac drake earle ekman euler faraday fermat fitzroy fourier franklin ' +
  'galilei gauss germain halley harrison heaviside helmholtz herschel hertz hooke hopper huygens jansky joule ' +
  'kelvin kepler kovalevskaya lagrange laplace leavitt leibniz lovelace magellan mariotte maury maxwell meitner ' +
  'mercator mitchell morse nansen nernst newton noether nobile ohm pascal pasteur perkin piccard planck ' +
  'poincare rayleigh riemann ritchie rontgen ross scoresby shannon slocum somerville stokes tasman tereshkova ' +
  'tesla thompson torricelli turing vancouver volta watt weddell wren young zeiss'
).split(' ');

/** "brisk_beaufort"; with a digit when the first few are taken. */
export function randomName(isTaken: (name: string) => boolean): string {
  for (let attempt = 0; ; attempt++) {
    const name = `${pick(adjectives)}_${pick(surnames)}${attempt < 6 ? '' : randomInt(10 ** (attempt - 5))}`;
    if (!isTaken(name)) return name;
  }
}

const pick = (words: readonly string[]): string => words[randomInt(words.length)] ?? 'calm';
