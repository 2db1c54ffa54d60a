// Who may come in: certificates and tokens, good ones and spoilt ones, and what the errors say.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <boost/json/object.hpp>
#include <boost/test/unit_test.hpp>
#include <fmt/format.h>

#include "kube/kubeconfig.h"
#include "test/cluster/expect.h"
#include "test/cluster/world.h"

namespace sluice::cluster_test {
namespace {

using kube::Fault;
using kube::Result;
using kube::text_at;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  expect(file.good(), "cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A client certificate for a user of the group system:masters, signed by the plane's authority, valid between the two
// dates (YYMMDDHHMMSSZ).
void make_certificate(const std::string& name, const std::string& from, const std::string& to) {
  const std::string script = fmt::format(R"(set -e
cd '{0}'
openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out {1}.key
openssl req -new -key {1}.key -subj /O=system:masters/CN={1} -out {1}.csr
mkdir -p {1}.issued; : >{1}.issued/index
cat >{1}.cnf <<CNF
[ca]
default_ca=own
[own]
database={1}.issued/index
new_certs_dir={1}.issued
rand_serial=yes
default_md=sha256
policy=any
x509_extensions=client
[any]
organizationName=optional
commonName=supplied
[client]
extendedKeyUsage=clientAuth
CNF
openssl ca -batch -notext -config {1}.cnf -cert ca.crt -keyfile ca.key -startdate {2} -enddate {3} -in {1}.csr -out {1}.crt
)",
                                         world().plane.path(""), name, from, to);
  const std::string file = world().plane.path(name + ".sh");
  std::ofstream(file) << script;
  expect(std::system(fmt::format("bash '{}' >'{}.log' 2>&1", file, file).c_str()) == 0,
         "openssl: " + text_of(file + ".log"));
}

kube::ClusterAccess with_certificate(const std::string& name) {
  kube::ClusterAccess access = access_as("admin");
  access.credentials = {};
  access.tls.certificate_pem = text_of(world().plane.path(name + ".crt"));
  access.tls.key_pem = text_of(world().plane.path(name + ".key"));
  return access;
}

Result<json::value> list_namespaces(kube::ClusterAccess access) {
  kube::HttpTransport transport(std::move(access), world().clock, kube::HttpTransportOptions());
  kube::Client client(transport);
  return world().run(client.list(kube::resources::namespaces, "", {}));
}

BOOST_AUTO_TEST_SUITE(credentials)

BOOST_AUTO_TEST_CASE(a_client_certificate_names_user_and_group) {
  make_certificate("ada", "200101000000Z", "490101000000Z");
  const Result<json::value> namespaces = list_namespaces(with_certificate("ada"));
  BOOST_TEST(namespaces.has_value(), (namespaces ? "" : namespaces.error().message));
}

BOOST_AUTO_TEST_CASE(an_expired_client_certificate_is_not_authorized) {
  make_certificate("bob", "200101000000Z", "200201000000Z");
  const Result<json::value> refused = list_namespaces(with_certificate("bob"));
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST((refused.error().fault == Fault::unauthorized), refused.error().message);
}

BOOST_AUTO_TEST_CASE(an_unknown_token_is_not_authorized) {
  kube::ClusterAccess access = access_as("admin");
  access.credentials.token = "nobody";
  const Result<json::value> refused = list_namespaces(access);
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST((refused.error().fault == Fault::unauthorized));
  BOOST_TEST(refused.error().message.find("Unauthorized") != std::string::npos, refused.error().message);
}

BOOST_AUTO_TEST_CASE(a_known_user_without_rights_is_told_what_is_missing) {
  const Result<json::value> refused = list_namespaces(access_as("sluice"));
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST((refused.error().fault == Fault::forbidden));
  BOOST_TEST(refused.error().message.find(R"("sluice" cannot list resource "namespaces")") != std::string::npos,
             refused.error().message);
}

BOOST_AUTO_TEST_CASE(a_server_of_another_authority_is_not_trusted) {
  make_certificate("other", "200101000000Z", "490101000000Z");
  kube::ClusterAccess access = access_as("admin");
  access.tls.ca_pem = text_of(world().plane.path("other.crt"));
  const Result<json::value> refused = list_namespaces(access);
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST((refused.error().fault == Fault::unavailable), refused.error().message);
  BOOST_TEST(refused.error().message.find("TLS: ") != std::string::npos, refused.error().message);
  // Whoever must change something is told which file names the authority.
  BOOST_TEST(refused.error().message.find("admin.kubeconfig") != std::string::npos, refused.error().message);
}

BOOST_AUTO_TEST_CASE(a_name_that_the_certificate_does_not_carry_is_refused) {
  kube::ClusterAccess access = access_as("admin");
  access.tls.server_name = "api.example";
  const Result<json::value> refused = list_namespaces(access);
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST(refused.error().message.find("is not for this host but for localhost") != std::string::npos,
             refused.error().message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::cluster_test
