// Another program that runs beside the tests and never outlives them.
#pragma once

#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace sluice::cluster_test {

// Starts at construction, with its output appended to a file; killed at destruction.
class Child {
 public:
  // `environment` is added to this program's own. Throws Unmet when it cannot be started.
  Child(const std::vector<std::string>& arguments, const std::string& log,
        const std::vector<std::pair<std::string, std::string>>& environment = {});
  // The same with pipes to standard input and from standard output, which are this object's to close.
  struct Pipes {
    int input = -1;   // write here
    int output = -1;  // read here
  };
  Child(const std::vector<std::string>& arguments, const std::string& log, Pipes& pipes);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool is_running();
  // Its exit code, or 128 + the signal that ended it; -1 while it runs.
  int exit_code();
  void send(int signal);
  // Kills it and waits until it is gone.
  void kill();
  const std::string& log() const { return log_; }

 private:
  void spawn(const std::vector<std::string>& arguments,
             const std::vector<std::pair<std::string, std::string>>& environment, int input, int output);
  void reap(int options);

  std::string log_;
  pid_t pid_ = -1;
  int status_ = -1;  // exit code as above
};

}  // namespace sluice::cluster_test
