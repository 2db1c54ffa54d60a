// Starting, reading and ending the subject.
#include "subject.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <sched.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace sluice::bench {
namespace {

kube::Time now() { return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now()); }

// The number after "name:" in a file of /proc, in bytes.
std::uint64_t kilobytes(const std::string& file, const std::string& name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(name + ":")) return std::stoull(line.substr(name.size() + 1)) * 1024;
  return 0;
}

void use_core(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  sched_setaffinity(0, sizeof set, &set);
}

}  // namespace

Subject::Subject(std::vector<std::string> command, const std::string& log_file) {
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const unsigned cores = std::thread::hardware_concurrency();
  started_ = now();
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error(std::string("cannot fork: ") + std::strerror(errno));
  if (pid_ == 0) {
    const int log = ::open(log_file.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    ::dup2(log, 1);
    ::dup2(log, 2);
    ::close_range(3, ~0U, 0);
    if (cores > 1) use_core(cores - 1);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  if (cores > 1) use_core(0);
}

Subject::~Subject() {
  if (!is_running()) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

bool Subject::is_running() {
  if (pid_ < 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return true;
  pid_ = -1;
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return false;
}

Footprint Subject::footprint() const {
  const std::string folder = "/proc/" + std::to_string(pid_);
  const std::string rollup = folder + "/smaps_rollup";
  return {kilobytes(rollup, "Pss"), kilobytes(rollup, "Rss"),
          kilobytes(rollup, "Private_Clean") + kilobytes(rollup, "Private_Dirty"),
          kilobytes(folder + "/status", "VmHWM")};
}

kube::Duration Subject::cpu_time() const {
  clockid_t clock{};
  timespec time{};
  if (::clock_getcpuclockid(pid_, &clock) != 0 || ::clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_nsec / 1000);
}

void Subject::ask_to_end() {
  if (is_running()) ::kill(pid_, SIGTERM);
}

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(socket);
  return ntohs(address.sin_port);
}

}  // namespace sluice::bench
