// Everything that the parts of the API server share.
#pragma once

#include <cstdint>
#include <string>

#include "kube/clock.h"
#include "sandbox/kinds.h"
#include "sandbox/object_store.h"

namespace sluice::sandbox {

// Makes uids and random-looking name endings; the same start gives the same sequence.
class Identities {
 public:
  explicit Identities(std::uint64_t start) : state_(start) {}
  std::string uid();
  // Five letters and digits, as generateName gets.
  std::string name_ending();
  std::uint64_t number();

 private:
  std::uint64_t state_;
};

struct ApiState {
  explicit ApiState(kube::Clock& the_clock);
  kube::Clock& clock;
  Api::Store store;
  Kinds kinds;
  Identities identities;
};

}  // namespace sluice::sandbox
