// Everything that Rollouts and what they steer have been, in the order in which the API server wrote it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "test/cluster/world.h"

namespace sluice::cluster_test {

// An object after one write. Versions of one server are numbers, and they order the writes of all kinds.
struct Page {
  std::int64_t version = 0;
  std::string kind;
  std::string name;
  json::value object;
};

// Watches each of its kinds in all namespaces as long as it exists: one for all stories that are told at the same time.
class Chronicle {
 public:
  // The one that somebody holds already, or else a new one.
  static std::shared_ptr<Chronicle> of(World& w);

  explicit Chronicle(World& w);
  ~Chronicle();
  Chronicle(const Chronicle&) = delete;
  Chronicle& operator=(const Chronicle&) = delete;

  // In the order in which they were told; of one object that is the order of its writes.
  const std::vector<Page>& pages(const std::string& ns);

 private:
  struct Sink;
  std::map<std::string, std::vector<Page>> pages_;  // by namespace
  std::vector<std::shared_ptr<Sink>> sinks_;        // shared with the watching tasks, which end some time later
};

}  // namespace sluice::cluster_test
