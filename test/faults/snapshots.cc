// Forking, and reading what the copies say.
#include "snapshots.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace sluice::faults {
namespace {

// A plan costs milliseconds; one that does not end is a failure of its own.
constexpr unsigned longest_seconds = 60;
// What fits into a pipe that nobody reads until its writer has ended.
constexpr std::size_t longest_report = 60'000;

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

Snapshots::~Snapshots() {
  for (const Copy& copy : running_) {
    kill(copy.process, SIGKILL);
    waitpid(copy.process, nullptr, 0);
    close(copy.report);
  }
}

bool Snapshots::branch(const std::string& plan) {
  while (static_cast<int>(running_.size()) >= at_once_) reap_one();
  // The test framework takes a child that fails for a failure of the test itself.
  std::signal(SIGCHLD, SIG_DFL);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t process = fork();
  if (process < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (process == 0) {
    report_to_ = ends[1];
    running_.clear();
    const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
    // The test framework would catch these and go on in the copy.
    for (const int signal : {SIGALRM, SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) std::signal(signal, SIG_DFL);
    alarm(longest_seconds);
    return true;
  }
  close(ends[1]);
  running_.push_back({process, ends[0], results_.size()});
  results_.push_back({plan, "", 0});
  return false;
}

void Snapshots::finish(const std::string& failure) {
  const std::string report = failure.substr(0, longest_report);
  std::size_t sent = 0;
  while (sent < report.size()) {
    const ssize_t count = write(report_to_, report.data() + sent, report.size() - sent);
    if (count <= 0) break;
    sent += static_cast<std::size_t>(count);
  }
  // Without the destructors and buffers that belong to the original.
  _exit(failure.empty() ? 0 : 1);
}

void Snapshots::reap_one() {
  int status = 0;
  rusage used{};
  const pid_t ended = wait4(-1, &status, 0, &used);
  const auto copy =
      std::find_if(running_.begin(), running_.end(), [&](const Copy& one) { return one.process == ended; });
  if (copy == running_.end()) return;
  Result& result = results_[copy->result];
  result.cpu_seconds = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
  char buffer[4096];
  for (;;) {
    const ssize_t count = read(copy->report, buffer, sizeof buffer);
    if (count <= 0) break;
    result.failure.append(buffer, static_cast<std::size_t>(count));
  }
  if (WIFSIGNALED(status))
    result.failure +=
        WTERMSIG(status) == SIGALRM ? "it does not end" : "killed by signal " + std::to_string(WTERMSIG(status));
  else if (WEXITSTATUS(status) != 0 && result.failure.empty())
    result.failure = "ended with code " + std::to_string(WEXITSTATUS(status));
  close(copy->report);
  running_.erase(copy);
}

std::vector<Snapshots::Result> Snapshots::collect() {
  while (!running_.empty()) reap_one();
  return std::move(results_);
}

}  // namespace sluice::faults
