/**
 * A console block: lines that begin with `$ ` are commands, the others are what they print. Any number stands for any number, as pids and
 * times differ; `[...]` stands for anything on that line, and a line `...` for any lines.
 */
export function transcript(block: string): { readonly script: string; readonly expected: RegExp } {
  const steps = block
    .trimEnd()
    .split(/^\$ /m)
    .slice(1)
    .map((step) => {
      const [command = '', ...output] = step.trimEnd().split('\n');
      return { command, output };
    });
  const script = steps.map(({ command }, index) => {
    const quoted = command.replaceAll("'", `'\\''`);
    // A failure that the reader is not told of would go unnoticed.
    const told = steps[index + 1]?.command === 'echo $?' ? '' : '; [ "$last" = 0 ] || echo "(status $last)"';
    return `printf '%s\\n' '$ ${quoted}'; status "$last"; ${command}\nlast=$?${told}`;
  });
  const pattern = steps.flatMap(({ command, output }) => [`${literal(`$ ${command}`)}\n`, ...output.map(line)]);
  return {
    script: ['exec 2>&1', 'status() { return "$1"; }', 'last=0', ...script, ''].join('\n'),
    expected: new RegExp(`^${pattern.join('')}$`),
  };
}

function line(text: string): string {
  if (text.trim() === '...') return '(?:.*\\n)*?';
  return `${literal(text).replaceAll('\\[\\.\\.\\.\\]', '.*')}\n`;
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replaceAll(/\d+/g, '\\d+');
}
