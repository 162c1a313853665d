import type { Candidates, Paths } from './candidates.js';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function isShell(name: string): name is Shell {
  return (SHELLS as readonly string[]).includes(name);
}

const FILES = ':files';
const FOLDERS = ':folders';
const FILE_BEHIND_AT = ':@';
const LINE_OF: Readonly<Record<Paths, string>> = { files: FILES, folders: FOLDERS, 'file behind @': FILE_BEHIND_AT };

/**
 * What a shell is to do so that it completes words of `circuit-breaker`: it asks the program, with the words that are there, and gets a line for
 * each that may follow. So what it says is never older than the program.
 */
export const SCRIPTS: Readonly<Record<Shell, string>> = {
  bash: `# Completion of circuit-breaker for bash: source <(circuit-breaker completion bash)
_circuit_breaker() {
  local line path current="\${COMP_WORDS[COMP_CWORD]}"
  [[ $current == '=' || $current == '@' ]] && current=''
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      ${FILES} | ${FILE_BEHIND_AT})
        compopt -o filenames 2>/dev/null
        while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen -f -- "$current")
        ;;
      ${FOLDERS})
        compopt -o filenames 2>/dev/null
        while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen -d -- "$current")
        ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done < <("\${COMP_WORDS[0]}" completion bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _circuit_breaker circuit-breaker
`,
  zsh: `#compdef circuit-breaker
# Completion of circuit-breaker for zsh: source <(circuit-breaker completion zsh)
_circuit_breaker() {
  local line
  local -a candidates
  for line in "\${(@f)$("\${words[1]}" completion zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      ${FILES}) _files ;;
      ${FOLDERS}) _files -/ ;;
      ${FILE_BEHIND_AT}) compset -P '@' && _files ;;
      ?*) candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}") ;;
    esac
  done
  if ((\${#candidates})); then _describe 'circuit-breaker' candidates; fi
}
if [[ $funcstack[1] == _circuit_breaker ]]; then
  _circuit_breaker "$@"
else
  compdef _circuit_breaker circuit-breaker
fi
`,
  fish: `# Completion of circuit-breaker for fish: circuit-breaker completion fish | source
function __circuit_breaker_candidates
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l program $words[1]
  set -e words[1]
  for line in ($program completion fish -- $words "$current" 2>/dev/null)
    switch $line
      case '${FILES}'
        __fish_complete_path $current
      case '${FOLDERS}'
        __fish_complete_directories $current ''
      case '${FILE_BEHIND_AT}'
        string match -q '@*' -- $current; and __fish_complete_path (string sub -s 2 -- $current) | string replace -r '^' '@'
      case '*'
        echo $line
    end
  end
end
complete -c circuit-breaker -f -a '(__circuit_breaker_candidates)'
`,
};

/** What SCRIPTS read: a line for each word, with its meaning behind a tab, and a line for paths. */
export function candidateLines(shell: Shell, { words, paths }: Candidates, cut: number): readonly string[] {
  const lines = words.map(({ word, meaning }) => `${word.slice(shell === 'bash' ? cut : 0)}\t${meaning}`);
  return paths === undefined ? lines : [...lines, LINE_OF[paths]];
}
