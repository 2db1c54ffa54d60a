// The whole way: a real repository on disk, the git program, libgit2, a pool thread, and the sandbox's API.
#include <boost/asio/thread_pool.hpp>
#include <boost/test/unit_test.hpp>

#include "gitops/git_mirrors.h"
#include "test/simulation/gitops_world.h"
#include "test/unit/gitops/git_fixture.h"

using namespace sluice;
using namespace sluice::gitops;
using kube::resources::config_maps;

namespace {

std::string config(const std::string& name, const std::string& value) {
  return fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {}}}\ndata: {{key: '{}'}}\n", name, value);
}

struct GitWorld : GitopsWorld {
  test::Folder folder;
  test::GitRepository repository{folder.path() / "app.git"};
  boost::asio::thread_pool pool{1};
  GitMirrors mirrors{{.folder = folder.path() / "mirrors", .access = {.local = true}}, clock, pool, log};
  NotingTransport transport{cluster.api()};
  kube::Client client{transport};
  kube::Tasks tasks{io.get_executor(), log};
  ApplicationController controller{
      client, clock, log, mirrors, {.assessor = {.access = {.local = true}}, .resync = kube::seconds{10}}};

  GitWorld() {
    kill();  // the controller on repositories in memory
    controller.start(tasks);
  }
  ~GitWorld() {
    transport.cut = true;
    tasks.stop();
    pool.join();
    clock.settle();
  }
  // Child processes end when they end: virtual time goes on a little whenever nothing is left to do.
  template <class Predicate>
  bool reaches(Predicate done) {
    for (int round = 0; round < 2000; ++round) {
      clock.settle();
      if (done()) return true;
      io.restart();
      io.run_one_for(std::chrono::milliseconds(20));
      clock.run_for(std::chrono::milliseconds(100));
    }
    return false;
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(gitops_git)

BOOST_AUTO_TEST_CASE(commits_of_a_real_repository_reach_the_cluster, *boost::unit_test::timeout(120)) {
  GitWorld world;
  world.repository.commit({{"apps/app/a.yaml", config("a", "1")}});
  world.create(
      kube::resources::applications,
      fmt::format("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: app, namespace: argocd}}\n"
                  "spec:\n  project: default\n  source: {{repoURL: '{}', path: apps/app, targetRevision: main}}\n"
                  "  destination: {{name: in-cluster, namespace: web}}\n  syncPolicy: {{automated: {{}}}}\n",
                  world.repository.url()));
  BOOST_TEST(world.reaches([&] { return world.summary() == "Synced Healthy Succeeded"; }),
             world.condition("ComparisonError"));
  BOOST_TEST(world.text(config_maps, {"web", "a"}, {"data", "key"}) == "1");

  const std::string next = world.repository.commit({{"apps/app/a.yaml", config("a", "2")}});
  BOOST_TEST(world.reaches([&] { return world.text(config_maps, {"web", "a"}, {"data", "key"}) == "2"; }));
  BOOST_TEST(world.reaches([&] { return world.application({"status", "sync", "revision"}) == next; }));

  world.repository.git("update-ref -d refs/heads/main");
  BOOST_TEST(world.reaches([&] { return !world.condition("ComparisonError").empty(); }));
  BOOST_TEST(world.condition("ComparisonError").starts_with("the repository has no branch, tag or commit \"main\""));
  BOOST_TEST(world.exists(config_maps, {"web", "a"}));
}

BOOST_AUTO_TEST_SUITE_END()
