// The kubectl plugin `kubectl sluice`, which also answers to `kubectl argo rollouts`.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <sstream>
#include <string>
#include <vector>

#include <boost/program_options/parsers.hpp>

#include "kubectl/command.h"
#include "kubectl/completion.h"

namespace {

using sluice::kubectl::Call;
using sluice::kubectl::Command;
using sluice::kubectl::CommandError;
using sluice::kubectl::UsageError;
namespace po = sluice::kubectl::po;

constexpr const char* plugin_version = SLUICE_VERSION;

std::vector<Command> all_commands() {
  using namespace sluice::kubectl;
  std::vector<Command> commands;
  add_get(commands);
  add_list(commands);
  add_status(commands);
  add_promote(commands);
  add_simple_patches(commands);
  add_undo(commands);
  add_set_image(commands);
  add_lint(commands);
  add_explain_rollout(commands);
  add_simulate(commands);
  add_explain_run(commands);
  add_list_runs(commands);
  add_create(commands);
  add_plan_exposure(commands);
  return commands;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string usage_of_all(const std::vector<Command>& commands) {
  std::ostringstream text;
  text << "Looks at rollouts and steers them.\n\nUsage:\n  kubectl sluice <command> [flags]\n\nCommands:\n";
  const auto row = [&](std::string name, const std::string& summary) {
    name.resize(std::max<std::size_t>(name.size() + 1, 24), ' ');
    text << "  " << name << summary << "\n";
  };
  for (const Command& command : commands) row(joined(command.words), command.summary);
  row("version", "print the version");
  row("completion", "print a script that completes commands: bash, zsh or fish");
  text << "\nkubectl sluice <command> --help tells more.\n";
  return text.str();
}

std::string usage_of(const Command& command) {
  std::ostringstream text;
  text << command.summary << "\n\nUsage:\n  kubectl sluice " << joined(command.words) << " " << command.arguments
       << " [flags]\n";
  if (!command.flags.options().empty()) text << "\nFlags:\n" << command.flags;
  text << "\n" << sluice::kubectl::global_flags();
  return text.str();
}

bool names_word(const Command& command, std::size_t index, const std::string& word) {
  if (index >= command.words.size()) return false;
  if (command.words[index] == word) return true;
  return index + 1 == command.words.size() &&
         std::find(command.aliases.begin(), command.aliases.end(), word) != command.aliases.end();
}

// The command that the first arguments name, whose words are then taken off.
const Command* find_command(const std::vector<Command>& commands, std::vector<std::string>& arguments) {
  for (const Command& command : commands) {
    if (arguments.size() < command.words.size()) continue;
    bool named = true;
    for (std::size_t i = 0; i < command.words.size(); ++i) named = named && names_word(command, i, arguments[i]);
    if (!named) continue;
    arguments.erase(arguments.begin(), arguments.begin() + static_cast<std::ptrdiff_t>(command.words.size()));
    return &command;
  }
  return nullptr;
}

Call parse(const Command& command, const std::vector<std::string>& arguments) {
  po::options_description visible;
  visible.add(command.flags).add(sluice::kubectl::global_flags());
  po::options_description all;
  all.add(visible);
  all.add_options()("names", po::value<std::vector<std::string>>());
  po::positional_options_description positions;
  positions.add("names", -1);
  Call call;
  try {
    po::store(po::command_line_parser(arguments).options(all).positional(positions).run(), call.flags);
  } catch (const po::error& error) {
    throw UsageError(error.what());
  }
  if (call.flags.count("names")) call.names = call.flags["names"].as<std::vector<std::string>>();
  return call;
}

int run(const Command& command, const std::vector<std::string>& arguments) {
  try {
    const Call call = parse(command, arguments);
    if (call.is_set("help")) {
      std::fputs(usage_of(command).c_str(), stdout);
      return 0;
    }
    if (call.names.size() < command.names.least || call.names.size() > command.names.most)
      throw UsageError(command.arguments.empty() ? "takes no names" : "expected " + command.arguments);
    return command.run(call);
  } catch (const UsageError& error) {
    std::fprintf(stderr, "Error: %s\n\n%s", error.what(), usage_of(command).c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "Error: %s\n", error.what());
  }
  return 1;
}

int print_version(const std::vector<std::string>& arguments, const std::string& program) {
  std::printf("%s: v%s\n", program.c_str(), plugin_version);
  if (std::find(arguments.begin(), arguments.end(), "--short") != arguments.end()) return 0;
  std::printf("  Compiler: %s\n", __VERSION__);
  return 0;
}

int print_completion(const std::vector<std::string>& arguments) {
  const std::string script = arguments.size() == 2 ? sluice::kubectl::completion_script(arguments[1]) : "";
  if (script.empty()) {
    std::fputs("Error: say for which shell: bash, zsh or fish\n", stderr);
    return 1;
  }
  std::fputs(script.c_str(), stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const std::vector<Command> commands = all_commands();
  const std::string first = arguments.empty() ? "" : arguments[0];
  if (first == "help" || first == "--help" || first == "-h") {
    std::fputs(usage_of_all(commands).c_str(), stdout);
    return 0;
  }
  if (first == "version") {
    const std::string path = argv[0];
    return print_version(arguments, path.substr(path.rfind('/') + 1));
  }
  if (first == "completion") return print_completion(arguments);
  if (first == "__complete" || first == "__completeNoDesc") {
    arguments.erase(arguments.begin());
    std::fputs(sluice::kubectl::complete(commands, arguments).c_str(), stdout);
    return 0;
  }
  // Flags that every command takes may also stand before its words.
  std::vector<std::string> leading;
  while (arguments.size() >= 2 && arguments[0].starts_with("-")) {
    const bool has_value = arguments[0].find('=') == std::string::npos;
    leading.insert(leading.end(), arguments.begin(), arguments.begin() + (has_value ? 2 : 1));
    arguments.erase(arguments.begin(), arguments.begin() + (has_value ? 2 : 1));
  }
  if (const Command* command = find_command(commands, arguments)) {
    arguments.insert(arguments.end(), leading.begin(), leading.end());
    return run(*command, arguments);
  }
  std::fputs(usage_of_all(commands).c_str(), stderr);
  if (!arguments.empty()) std::fprintf(stderr, "\nError: there is no command \"%s\"\n", joined(arguments).c_str());
  return 1;
}
