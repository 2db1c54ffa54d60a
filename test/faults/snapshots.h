// Copies of a running simulation: each goes its own way from the moment at which it was made, as a process of its own.
//
// The simulation is one thread and all of its state is memory, so fork(2) copies it whole, at any point of the program.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace sluice::faults {

class Snapshots {
 public:
  struct Result {
    std::string plan;
    std::string failure;  // "" when the copy ended well
    double cpu_seconds = 0;
  };

  // Of so many copies at the same time; the original waits before it makes another one.
  explicit Snapshots(int at_once) : at_once_(at_once) {}
  ~Snapshots();
  Snapshots(const Snapshots&) = delete;
  Snapshots& operator=(const Snapshots&) = delete;

  // Answers true in the copy, which has to end by finish(), and false in the original.
  bool branch(const std::string& plan);
  bool is_copy() const { return report_to_ >= 0; }
  // Ends the copy and tells the original how it went.
  [[noreturn]] void finish(const std::string& failure);
  // Waits for all copies. In the order in which they were made.
  std::vector<Result> collect();

 private:
  struct Copy {
    pid_t process = 0;
    int report = -1;
    std::size_t result = 0;
  };
  void reap_one();

  int at_once_;
  int report_to_ = -1;
  std::vector<Copy> running_;
  std::vector<Result> results_;
};

}  // namespace sluice::faults
