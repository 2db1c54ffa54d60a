// Runs another program to its end, with its output kept and its time bounded.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "kube/result.h"
#include "kube/time.h"

namespace sluice::kube {

namespace net = boost::asio;

struct Command {
  std::vector<std::string> arguments;  // the program first; looked up in PATH when it has no slash
  // The program's whole environment; current_environment() is where to start from.
  std::vector<std::pair<std::string, std::string>> environment;
  std::string folder;                   // where it runs; "" for this program's working folder
  std::string input;                    // written to its standard input, which is then closed
  Duration deadline = seconds{60};      // then it is asked to end (TERM)
  Duration patience = seconds{2};       // for obeying TERM before it is killed, and for pipes that others still hold
  std::size_t output_limit = 16 << 20;  // bytes kept of each output; the rest is read and dropped
};

struct CommandOutcome {
  int exit_code = 0;  // 128 + signal when a signal ended it, as shells say it
  int signal = 0;     // 0 when it ended by itself
  std::string output;
  std::string errors;  // what it wrote to standard error
  bool output_cut = false;
  bool errors_cut = false;
};

std::vector<std::pair<std::string, std::string>> current_environment();

// Starts the program in a process group of its own and waits for it. Whatever it leaves running in that group is
// killed; so is all of it when the waiting task is cancelled. Any exit code is an outcome. Errors: Fault::not_found (no
// such program), Fault::invalid (cannot be run), Fault::timeout; the message names the program.
net::awaitable<Result<CommandOutcome>> run_command(Command command);

}  // namespace sluice::kube
