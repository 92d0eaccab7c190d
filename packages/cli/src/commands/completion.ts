import type { CommandModule, Context } from '../command.js';
import { EXIT } from '../exit-codes.js';
import { UsageError } from '../usage-error.js';
import { shown } from '../visible.js';

/** The code that asks `credex complete` what may come next. Without an answer, the name of a file completes. */
const SHELLS: Readonly<Record<string, string>> = {
  bash: `# credex completion bash, in ~/.bashrc:  eval "$(credex completion bash)"
_credex() {
  local IFS=$'\\n'
  COMPREPLY=($(credex complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _credex credex
`,
  zsh: `# credex completion zsh, in ~/.zshrc after compinit:  eval "$(credex completion zsh)"
_credex() {
  local -a found
  found=("\${(@f)$(credex complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ -n "\${found[*]}" ]]; then compadd -- "\${found[@]}"; else _files; fi
}
compdef _credex credex
`,
  fish: `# credex completion fish > ~/.config/fish/completions/credex.fish
complete -c credex -a '(credex complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
`,
};

export const command: CommandModule = {
  configure: (completion, act) =>
    completion
      .argument('<shell>', Object.keys(SHELLS).join(', '))
      .addHelpText('after', '\nFor bash: eval "$(credex completion bash)" in ~/.bashrc.')
      .action(act(run)),
};

async function run({ output, operands }: Context<object>): Promise<number> {
  const [shell = ''] = operands;
  const script = Object.hasOwn(SHELLS, shell) ? SHELLS[shell] : undefined;
  if (script === undefined)
    throw new UsageError(
      'invalid_argument',
      `There is no completion for ${shown(shell)}: the shells are ${Object.keys(SHELLS).join(', ')}.`,
    );
  output.print({ shell, script }, () => script);
  return EXIT.ok;
}
