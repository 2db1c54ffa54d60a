// The program under measurement: `sluice controller` as a process of its own, and what the system tells about it.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

#include "kube/time.h"

namespace sluice::bench {

// Bytes, from /proc/<pid>.
struct Footprint {
  std::uint64_t pss = 0;
  std::uint64_t rss = 0;
  std::uint64_t own = 0;   // pages that no other process has: clean and dirty private ones
  std::uint64_t peak = 0;  // the highest resident size so far (VmHWM)
};

// Runs on the last core, the server keeps the first; its log goes to a file. The process is killed with the object.
class Subject {
 public:
  // Throws std::runtime_error when it cannot be started.
  Subject(std::vector<std::string> command, const std::string& log_file);
  ~Subject();
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  kube::Time started() const { return started_; }
  bool is_running();
  Footprint footprint() const;
  // Time on a processor, user and system, of all threads.
  kube::Duration cpu_time() const;
  // Sends SIGTERM.
  void ask_to_end();
  // -1 when a signal ended it or it has not ended.
  int exit_code() const { return exit_code_; }

 private:
  pid_t pid_ = -1;  // -1 once it has ended
  int exit_code_ = -1;
  kube::Time started_;
};

// A TCP port of loopback that was free a moment ago.
std::uint16_t free_port();

}  // namespace sluice::bench
