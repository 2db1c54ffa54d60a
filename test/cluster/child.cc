// Starting, signalling and reaping a child process.
#include "test/cluster/child.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test/cluster/expect.h"

namespace sluice::cluster_test {

Child::Child(const std::vector<std::string>& arguments, const std::string& log,
             const std::vector<std::pair<std::string, std::string>>& environment)
    : log_(log) {
  spawn(arguments, environment, -1, -1);
}

Child::Child(const std::vector<std::string>& arguments, const std::string& log, Pipes& pipes) : log_(log) {
  std::array<int, 2> to{};
  std::array<int, 2> from{};
  expect(::pipe2(to.data(), O_CLOEXEC) == 0 && ::pipe2(from.data(), O_CLOEXEC) == 0, "no pipe can be made");
  spawn(arguments, {}, to[0], from[1]);
  ::close(to[0]);
  ::close(from[1]);
  pipes = {to[1], from[0]};
}

Child::~Child() { kill(); }

void Child::spawn(const std::vector<std::string>& arguments,
                  const std::vector<std::pair<std::string, std::string>>& environment, int input, int output) {
  std::vector<char*> words;
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const pid_t parent = ::getpid();
  const int out = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  expect(out >= 0, "cannot write " + log_ + ": " + std::strerror(errno));
  pid_ = ::fork();
  expect(pid_ >= 0, std::string("cannot fork: ") + std::strerror(errno));
  if (pid_ == 0) {
    // A child with pipes has children of its own to end first.
    ::prctl(PR_SET_PDEATHSIG, input >= 0 ? SIGTERM : SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    const int nothing = ::open("/dev/null", O_RDONLY);
    ::dup2(input >= 0 ? input : nothing, STDIN_FILENO);
    ::dup2(output >= 0 ? output : out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::close_range(3, ~0U, 0);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    // Boost.Test catches signals; the child starts as from a shell.
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execvp(words[0], words.data());
    ::_exit(127);
  }
  ::close(out);
}

void Child::reap(int options) {
  if (pid_ < 0) return;
  int status = 0;
  pid_t done = 0;
  do done = ::waitpid(pid_, &status, options);
  while (done < 0 && errno == EINTR);
  if (done == 0) return;
  status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  pid_ = -1;
}

bool Child::is_running() {
  reap(WNOHANG);
  return pid_ >= 0;
}

int Child::exit_code() {
  reap(WNOHANG);
  return status_;
}

void Child::send(int signal) {
  if (is_running()) ::kill(pid_, signal);
}

void Child::kill() {
  send(SIGKILL);
  reap(0);
}

}  // namespace sluice::cluster_test
