import { options } from './options.ts';

const argumentOf = {
  text: 'string',
  flag: '',
  integer: 'int',
  list: 'list',
  pairs: 'map',
  ulimits: 'map',
  pools: 'list',
};

export function helpText(): string {
  const rows = [...options]
    .sort((a, b) => a.flag.localeCompare(b.flag))
    .map(({ flag, short, kind, help }) => {
      const left = `${short === undefined ? '   ' : `-${short},`} --${flag} ${argumentOf[kind]}`;
      return `  ${left.padEnd(40)}  ${help}`;
    });
  return `Usage: berthd [OPTIONS]

Berth's engine: serves the Docker Engine API. Options have Docker's names; the same keys work in daemon.json.

Options:
${rows.join('\n')}
  -h, --help                                Print this and end
  -v, --version                             Print the version and end
`;
}
