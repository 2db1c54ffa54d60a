// A server that speaks Prometheus' query API and answers what a story wants.
#pragma once

#include <string>
#include <vector>

#include "kube/http/server.h"
#include "test/cluster/stories.h"

namespace sluice::cluster_test {

class TestPrometheus {
 public:
  explicit TestPrometheus(World& w);
  std::string address() const;

  // The value of every answer's only sample; "" for an empty vector.
  std::string value = "1";
  // Another one than 200 is answered without a sample.
  unsigned status = 200;
  // The queries that came, oldest first.
  std::vector<std::string> queries;
  // The last one's credentials.
  std::string authorization;

 private:
  net::awaitable<void> answer(kube::HttpServerRequest request, kube::HttpResponder& responder);
  World& w_;
  kube::HttpServer server_;
};

}  // namespace sluice::cluster_test
