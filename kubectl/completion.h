// Completion of commands and names in shells.
#pragma once

#include <string>
#include <vector>

#include "kubectl/command.h"

namespace sluice::kubectl {

// The script for bash, zsh or fish; "" for another shell.
std::string completion_script(const std::string& shell);

// The candidates for the last of `words`, one a line, and a last line ":<directive>", as cobra's completion protocol
// has it (4: no file names; 1: an error).
std::string complete(const std::vector<Command>& commands, const std::vector<std::string>& words);

}  // namespace sluice::kubectl
