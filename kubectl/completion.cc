// Candidates for completion, and the scripts that ask for them.
#include "kubectl/completion.h"

#include <algorithm>
#include <set>

#include <boost/json.hpp>
#include <boost/program_options/parsers.hpp>

#include "kubectl/fetch.h"

namespace sluice::kubectl {
namespace {

constexpr const char* bash_script = R"(# completion of kubectl-sluice for bash
_kubectl_sluice() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $line == :* ]] || COMPREPLY+=("${line%%$'\t'*}")
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _kubectl_sluice kubectl-sluice kubectl-argo-rollouts
)";

constexpr const char* zsh_script = R"zsh(#compdef kubectl-sluice kubectl-argo-rollouts
_kubectl_sluice() {
  local -a candidates
  candidates=(${(f)" $(${words[1]} __complete $ { words[2, CURRENT] } 2 > / dev / null | grep - v '^:' | cut - f1) "})
    compadd-- $candidates
}
compdef _kubectl_sluice kubectl-sluice kubectl-argo-rollouts
)zsh";

constexpr const char* fish_script = R"(# completion of kubectl-sluice for fish
function __kubectl_sluice
  set -l words (commandline -opc)
  $words[1] __complete $words[2..-1] (commandline -ct) 2>/dev/null | string match -v ':*'
end
complete -c kubectl-sluice -f -a '(__kubectl_sluice)'
complete -c kubectl-argo-rollouts -f -a '(__kubectl_sluice)'
)";

// The words that may follow `given` on the way to a command.
std::set<std::string> next_words(const std::vector<Command>& commands, const std::vector<std::string>& given) {
  std::set<std::string> words;
  for (const Command& command : commands)
    if (command.words.size() > given.size() && std::equal(given.begin(), given.end(), command.words.begin()))
      words.insert(command.words[given.size()]);
  if (given.empty()) words.insert({"version", "completion"});
  return words;
}

const Command* named_by(const std::vector<Command>& commands, const std::vector<std::string>& given) {
  for (const Command& command : commands)
    if (given.size() >= command.words.size() && std::equal(command.words.begin(), command.words.end(), given.begin()))
      return &command;
  return nullptr;
}

std::set<std::string> object_names(const Command& command) {
  const po::options_description flags = global_flags();
  Call call;
  po::store(po::command_line_parser(std::vector<std::string>{}).options(flags).run(), call.flags);
  Cluster cluster(call);
  const kube::Resource resource = command.arguments.starts_with("ANALYSISRUN")  ? kube::resources::analysis_runs
                                  : command.arguments.starts_with("EXPERIMENT") ? kube::resources::experiments
                                                                                : kube::resources::rollouts;
  std::set<std::string> names;
  for (const auto& object : cluster.run(list_all(cluster.client(), resource, cluster.ns(), "")))
    names.emplace(kube::text_at(object, {"metadata", "name"}));
  return names;
}

}  // namespace

std::string completion_script(const std::string& shell) {
  if (shell == "bash") return bash_script;
  if (shell == "zsh") return zsh_script;
  if (shell == "fish") return fish_script;
  return {};
}

std::string complete(const std::vector<Command>& commands, const std::vector<std::string>& words) {
  std::vector<std::string> given;
  for (const std::string& word : words)
    if (&word != &words.back() && !word.starts_with("-")) given.push_back(word);
  const std::string prefix = words.empty() ? "" : words.back();
  std::set<std::string> candidates = next_words(commands, given);
  int directive = 4;
  if (const Command* command = named_by(commands, given);
      command && command->names.most > 0 && given.size() == command->words.size()) {
    try {
      candidates = object_names(*command);
    } catch (const std::exception&) {
      directive |= 1;
    }
  }
  std::string text;
  for (const std::string& candidate : candidates)
    if (candidate.starts_with(prefix)) text += candidate + "\n";
  return text + ":" + std::to_string(directive) + "\n";
}

}  // namespace sluice::kubectl
