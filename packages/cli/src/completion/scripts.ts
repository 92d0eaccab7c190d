/** For each shell, the code that asks `credex complete` for what may come next. A name of a file completes where it has no answer. */

export const SHELLS: Readonly<Record<string, string>> = {
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
