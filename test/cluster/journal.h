// Everything that the objects of one kind have been, in the order in which the API server told it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "kube/resource.h"
#include "test/cluster/stories.h"

namespace sluice::cluster_test {

// Watches one kind in the story's namespace as long as it exists.
class Journal {
 public:
  using Listener = std::function<void(const json::value&)>;

  Journal(Scene scene, kube::Resource resource, Listener listener = {});
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // The different values that `reading` took for one object, one after the other.
  std::vector<std::string> values(const std::string& name,
                                  const std::function<std::string(const json::value&)>& reading) const;

 private:
  struct Pages;
  std::shared_ptr<Pages> pages_;  // shared with the watching task, which ends some time after the journal
};

// A gateway that accepts every HTTPRoute of the story's namespace and says so in its status; no part of Kubernetes
// itself does. Its journal shows every weight that a route ever had.
class TestGateway {
 public:
  // It says so this long after each change.
  explicit TestGateway(Scene scene, kube::Duration delay = kube::Duration::zero());
  // The weights that a Service had in the first rule, one after the other: "0", "20", ...
  std::vector<std::string> weights_of(const std::string& route, const std::string& service) const;

 private:
  Journal journal_;
};

}  // namespace sluice::cluster_test
