// Lists in pages, selectors and watches.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/unit_test.hpp>

#include "sandbox/in_process.h"
#include "sandbox/object_store.h"
#include "test/unit/sandbox/calls.h"

namespace sluice::sandbox {
namespace {

const std::string maps = "/api/v1/namespaces/default/configmaps";

void create_maps(Cluster& cluster, std::initializer_list<const char*> names) {
  for (const char* name : names)
    cluster.post(maps, std::string(R"({"metadata":{"labels":{"app":")") + name + R"("},"name":")" + name + R"("}})");
}

std::string names_in(const json::value& list) {
  std::string names;
  for (const json::value& item : list.at("items").as_array()) names += kube::text_at(item, {"metadata", "name"});
  return names;
}

// Collects the lines of a watch: type, name.
struct Watched {
  Watched(Cluster& cluster, std::string target) : transport(cluster.api) {
    kube::net::co_spawn(cluster.io, collect(std::move(target)), kube::net::detached);
    cluster.clock.settle();
  }
  kube::net::awaitable<void> collect(std::string target) {
    kube::ApiRequest request{"GET", std::move(target), "", "", ""};
    kube::Result<kube::ApiStream> stream = co_await transport.open(std::move(request));
    status = stream->head.status;
    if (!stream->lines) co_return;
    for (;;) {
      const auto line = co_await stream->lines->next();
      if (!line || !*line) break;
      last = json::parse(**line);
      events += std::string(kube::text_at(last, {"type"})) + " " +
                std::string(kube::text_at(last, {"object", "metadata", "name"})) + "; ";
    }
    ended = true;
  }
  InProcessTransport transport;
  unsigned status = 0;
  std::string events;
  json::value last;
  bool ended = false;
};

BOOST_AUTO_TEST_CASE(pages_show_the_version_of_the_first_one) {
  Cluster cluster;
  create_maps(cluster, {"a", "b", "c"});
  const Answered first = cluster.get(maps + "?limit=2");
  BOOST_TEST(names_in(first.body) == "ab");
  BOOST_TEST(first.number({"metadata", "remainingItemCount"}) == 1);
  create_maps(cluster, {"bb", "d"});
  cluster.remove(maps + "/c");
  const std::string token = first.text({"metadata", "continue"});
  const Answered second = cluster.get(maps + "?limit=2&continue=" + token);
  BOOST_TEST(names_in(second.body) == "c");
  BOOST_TEST(second.text({"metadata", "resourceVersion"}) == first.text({"metadata", "resourceVersion"}));
  BOOST_TEST(second.text({"metadata", "continue"}).empty());
  cluster.api.compact();
  const Answered late = cluster.get(maps + "?limit=2&continue=" + token);
  BOOST_TEST(late.status == 410u);
  BOOST_TEST(late.reason() == "Expired");
}

BOOST_AUTO_TEST_CASE(selectors_choose) {
  Cluster cluster;
  create_maps(cluster, {"a", "b", "c"});
  const struct {
    const char* query;
    const char* names;
  } rows[] = {
      {"labelSelector=app%3Da", "a"},
      {"labelSelector=app!%3Da", "bc"},
      {"labelSelector=app+in+(a,c)", "ac"},
      {"labelSelector=app+notin+(a,c)", "b"},
      {"labelSelector=app", "abc"},
      {"labelSelector=!app", ""},
      {"fieldSelector=metadata.name%3Db", "b"},
      {"fieldSelector=metadata.name!%3Db", "ac"},
  };
  for (const auto& row : rows) BOOST_TEST(names_in(cluster.get(maps + "?" + row.query).body) == row.names, row.query);
  BOOST_TEST(cluster.get(maps + "?fieldSelector=spec.x%3D1").message() ==
             R"("spec.x" is not a known field selector: only "metadata.name", "metadata.namespace")");
  BOOST_TEST(cluster.get(maps + "?labelSelector=a%3D%3D%3D").message() ==
             "unable to parse requirement: found '=', expected: identifier");
}

BOOST_AUTO_TEST_CASE(a_version_of_the_future_is_refused) {
  Cluster cluster;
  const Answered late = cluster.get(maps + "?resourceVersion=99999");
  BOOST_TEST(late.status == 504u);
  BOOST_TEST(late.reason() == "Timeout");
}

BOOST_AUTO_TEST_CASE(a_watch_tells_what_comes_after_its_version) {
  Cluster cluster;
  create_maps(cluster, {"a"});
  const std::string version = std::to_string(cluster.api.version());
  create_maps(cluster, {"b"});
  Watched watched(cluster, maps + "?watch=true&resourceVersion=" + version);
  BOOST_TEST(watched.status == 200u);
  cluster.merge(maps + "/a", R"({"data":{"k":"v"}})");
  cluster.remove(maps + "/b");
  cluster.clock.settle();
  BOOST_TEST(watched.events == "ADDED b; MODIFIED a; DELETED b; ");
  BOOST_TEST(kube::text_at(watched.last, {"object", "metadata", "resourceVersion"}) ==
             std::to_string(cluster.api.version()));
}

BOOST_AUTO_TEST_CASE(an_object_that_leaves_the_selector_is_told_as_deleted) {
  Cluster cluster;
  create_maps(cluster, {"a"});
  const std::string version = std::to_string(cluster.api.version());
  Watched watched(cluster, maps + "?watch=1&labelSelector=app%3Da&resourceVersion=" + version);
  cluster.merge(maps + "/a", R"({"metadata":{"labels":{"app":"z"}}})");
  cluster.merge(maps + "/a", R"({"metadata":{"labels":{"app":"a"}}})");
  cluster.clock.settle();
  BOOST_TEST(watched.events == "DELETED a; ADDED a; ");
}

BOOST_AUTO_TEST_CASE(a_forgotten_version_is_an_error_event) {
  Cluster cluster;
  create_maps(cluster, {"a"});
  const std::string version = std::to_string(cluster.api.version());
  create_maps(cluster, {"b"});
  cluster.api.compact();
  Watched watched(cluster, maps + "?watch=1&resourceVersion=" + version);
  BOOST_TEST(watched.status == 200u);
  BOOST_TEST(watched.ended);
  BOOST_TEST(kube::text_at(watched.last, {"type"}) == "ERROR");
  BOOST_TEST(kube::number_at(watched.last, {"object", "code"}) == 410);
  BOOST_TEST(kube::text_at(watched.last, {"object", "reason"}) == "Expired");
  BOOST_TEST(kube::text_at(watched.last, {"object", "message"}).starts_with("too old resource version: " + version));
}

BOOST_AUTO_TEST_CASE(a_watch_that_has_heard_everything_survives_the_forgetting) {
  Cluster cluster;
  create_maps(cluster, {"a"});
  Watched watched(cluster, maps + "?watch=1&resourceVersion=" + std::to_string(cluster.api.version()));
  create_maps(cluster, {"b"});
  cluster.clock.settle();
  cluster.post("/api/v1/namespaces/default/secrets", R"({"metadata":{"name":"s"}})");
  cluster.clock.settle();
  cluster.api.compact();
  create_maps(cluster, {"c"});
  cluster.clock.settle();
  BOOST_TEST(watched.events == "ADDED b; ADDED c; ");
}

BOOST_AUTO_TEST_CASE(initial_events_end_in_a_marked_bookmark) {
  Cluster cluster;
  create_maps(cluster, {"a", "b"});
  Watched watched(cluster, maps +
                               "?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&"
                               "resourceVersionMatch=NotOlderThan");
  BOOST_TEST(watched.events == "ADDED a; ADDED b; BOOKMARK ; ");
  BOOST_TEST(kube::text_at(watched.last, {"object", "metadata", "annotations", "k8s.io/initial-events-end"}) == "true");
  Watched refused(cluster, maps + "?watch=1&sendInitialEvents=true");
  BOOST_TEST(refused.status == 422u);
}

BOOST_AUTO_TEST_CASE(a_quiet_watch_gets_bookmarks_and_an_end) {
  Cluster cluster;
  Watched watched(cluster, maps + "?watch=1&allowWatchBookmarks=true&timeoutSeconds=150&resourceVersion=" +
                               std::to_string(cluster.api.version()));
  cluster.clock.run_for(kube::seconds(149));
  BOOST_TEST(watched.events == "BOOKMARK ; BOOKMARK ; BOOKMARK ; ");
  BOOST_TEST(!watched.ended);
  cluster.clock.run_for(kube::seconds(2));
  BOOST_TEST(watched.ended);
}

}  // namespace
}  // namespace sluice::sandbox
