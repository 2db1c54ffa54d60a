// The providers of the vendors against a server that speaks their wire formats.
#include <boost/json.hpp>
#include <boost/test/unit_test.hpp>

#include "analysis/auth/sigv4.h"
#include "kube/json.h"
#include "test/unit/analysis/backend.h"

namespace sluice::analysis {
namespace {

using kube::HttpServerRequest;
using kube::HttpServerResponse;

// A vendor whose answers are rows of a table: what comes back, and what the measurement becomes.
struct Row {
  unsigned status;
  std::string body;
  std::string phase, value, message;
};

struct Vendor : Backend {
  void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      answer = [&](const HttpServerRequest&) { return answering(row.body, row.status); };
      const crds::Measurement seen = measure();
      BOOST_TEST(seen.phase == row.phase, row.body << ": " << seen.phase.view() << " " << seen.message);
      BOOST_TEST(seen.value == row.value, row.body);
      BOOST_TEST(seen.message == row.message, row.body);
    }
  }
  boost::json::value body_of(std::size_t index) const { return kube::parse_json(asked.at(index).body).value(); }
  std::vector<std::string> mistakes() const { return mistakes_in_provider(metric); }
};

const std::string no_data =
    "could not evaluate successCondition \"result >= 1\": "
    "metric result is nil or empty: no data returned from the metric provider";

BOOST_AUTO_TEST_SUITE(vendor_tests, *boost::unit_test::timeout(60))

// --- Datadog

struct Datadog : Vendor {
  Datadog() {
    secrets["sluice/datadog"] = {{"api-key", "dd-api-key"}, {"app-key", "dd-app-key"}, {"address", address() + "/"}};
    metric.success_condition = "result >= 1";
    metric.provider.datadog.emplace();
    metric.provider.datadog->query = "avg:requests.errors{service:web}.as_count()";
  }
  crds::DatadogMetric& datadog() { return *metric.provider.datadog; }
};

BOOST_FIXTURE_TEST_CASE(datadog_v1_takes_the_last_point, Datadog) {
  check({
      {200, R"({"status":"ok","series":[{"pointlist":[[1598867910000,0.1],[1598867925000,7.5]]}]})", "Successful",
       "7.5", ""},
      {200, R"({"status":"ok","series":[{"pointlist":[[1,0.5]]},{"pointlist":[[1,9]]}]})", "Failed", "0.5", ""},
      {200, R"({"status":"ok","series":[]})", "Error", "", no_data},
      {200, R"({"status":"ok","series":null})", "Error", "", no_data},
      {200, R"({"status":"ok","series":[{"pointlist":[]}]})", "Error", "", no_data},
      {200, R"({"status":"ok","series":[{"pointlist":[[1598867925000,null]]}]})", "Error", "", no_data},
      {200, R"({"status":"ok","series":[{"pointlist":[[1]]}]})", "Error", "", "Datapoint does not have 2 values"},
      {200, R"({"status":"error","error":"Error parsing query"})", "Error", "",
       "There were errors in your query: Error parsing query"},
      {200, "<html>", "Error", "", "Could not parse JSON body: it is no JSON object"},
      {401, "secret text", "Error", "", "received authentication error response code: 401"},
      {403, "", "Error", "", "received authentication error response code: 403"},
      {400, "", "Error", "", "received non 2xx response code: 400"},
  });
  BOOST_TEST(asked[0].method == "GET");
  BOOST_TEST(asked[0].target.starts_with("/api/v1/query?from="));
  BOOST_TEST(asked[0].target.find("&query=avg%3Arequests.errors%7Bservice%3Aweb%7D.as_count%28%29&to=") !=
             std::string::npos);
  BOOST_TEST(asked[0].headers.get("DD-API-KEY") == "dd-api-key");
  BOOST_TEST(asked[0].headers.get("DD-APPLICATION-KEY") == "dd-app-key");
  BOOST_TEST(asked[0].headers.get("Content-Type") == "application/json");
  const std::string& target = asked[0].target;
  BOOST_TEST(std::stoll(target.substr(target.find("from=") + 5)) + 300 ==
             std::stoll(target.substr(target.find("&to=") + 4)));
}

BOOST_FIXTURE_TEST_CASE(datadog_v2_answers_a_number_or_groups, Datadog) {
  datadog() = {};
  datadog().api_version = "v2";
  datadog().queries = {{"a", "sum:hits{*}"}, {"b", "sum:errors{*}"}};
  datadog().formula = "b / a";
  datadog().aggregator = "avg";
  datadog().interval = "10m";
  metric.success_condition = "default(result, 0) >= 1";
  check({
      {200,
       R"({"data":{"type":"scalar_response","attributes":{"columns":[{"name":"b / a","values":[1.25],"type":"number"}]}}})",
       "Successful", "1.25", ""},
      {200, R"({"data":{"attributes":{"columns":[{"values":[3]}]}}})", "Successful", "3", ""},
      {200, R"({"data":{"attributes":{"columns":[{"values":[null],"type":"number"}]}}})", "Failed", "[]", ""},
      {200, R"({"data":{"attributes":{"columns":[]}}})", "Failed", "[]", ""},
      {200, R"({"data":{"errors":"unknown metric"}})", "Error", "", "There were errors in your query: unknown metric"},
      {200, R"({"data":{"attributes":{"columns":[{"values":["x"],"type":"number"}]}}})", "Error", "",
       "could not parse numeric value at index 0"},
  });
  BOOST_TEST(asked[0].method == "POST");
  BOOST_TEST(asked[0].target == "/api/v2/query/scalar");
  const boost::json::value body = body_of(0);
  const boost::json::value& attributes = body.at("data").at("attributes");
  BOOST_TEST(body.at("data").at("type").as_string() == "scalar_request");
  BOOST_TEST(attributes.at("to").as_int64() - attributes.at("from").as_int64() == 600'000);
  BOOST_TEST(kube::print_json(attributes.at("formulas")) == R"([{"formula":"b / a"}])");
  BOOST_TEST(kube::print_json(attributes.at("queries")) ==
             R"([{"aggregator":"avg","data_source":"metrics","name":"a","query":"sum:hits{*}"},)"
             R"({"aggregator":"avg","data_source":"metrics","name":"b","query":"sum:errors{*}"}])");

  metric.success_condition = "all(result, # < 5)";
  answer = [](const HttpServerRequest&) {
    return answering(
        R"({"data":{"attributes":{"columns":[{"type":"group","name":"env","values":[["a","x"],["b"],["c"]]},)"
        R"({"type":"number","values":[1.5,null,2]}]}}})");
  };
  const crds::Measurement grouped = measure();
  BOOST_TEST(grouped.phase == "Successful", grouped.message);
  BOOST_TEST(grouped.value == "[1.5,2]");
  BOOST_TEST(grouped.metadata.get("groups") == R"([{"name":"a,x","value":1.5},{"name":"c","value":2}])");
}

BOOST_FIXTURE_TEST_CASE(datadog_finds_its_keys_in_secrets_or_the_environment, Datadog) {
  secrets.clear();
  BOOST_TEST(measure().message ==
             "failed to find the credentials for datadog metrics provider (no Secret sluice/datadog)");
  variables = {{"DD_API_KEY", "env-api"}, {"DD_APP_KEY", "env-app"}};
  BOOST_TEST(measure().phase == "Error");  // all three or none
  variables["DD_ADDRESS"] = address();
  answer = [](const HttpServerRequest&) { return answering(R"({"series":[{"pointlist":[[1,2]]}]})"); };
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(asked.back().headers.get("DD-API-KEY") == "env-api");
  // A Secret that is named is the only one that is looked at.
  datadog().secret_ref = {"own", true};
  BOOST_TEST(measure().message == "failed to find the credentials for datadog metrics provider (no Secret shop/own)");
  secrets["shop/own"] = {{"api-key", "own-api"}, {"app-key", "own-app"}, {"address", address()}};
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(asked.back().headers.get("DD-API-KEY") == "own-api");
  datadog().secret_ref = {"central", false};
  secrets["sluice/central"] = {{"api-key", "c"}};
  BOOST_TEST(measure().message ==
             "failed to find the credentials for datadog metrics provider (keys api-key, app-key)");
  secrets["sluice/central"] = {{"api-key", "c-api"}, {"app-key", "c-app"}};
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(asked_urls.back().starts_with("https://api.datadoghq.com/api/v1/query?"));
}

BOOST_FIXTURE_TEST_CASE(datadog_refuses_what_it_cannot_ask, Datadog) {
  const struct {
    crds::DatadogMetric datadog;
    std::string mistake;
  } rows[] = {
      {{}, "Must have either a query or queries. Please review the Analysis Template."},
      {{.query = "a", .queries = {{"b", "c"}}},
       "Cannot have both a query and queries. Please review the Analysis Template."},
      {{.queries = {{"b", "c"}}},
       "Query is empty. API Version v1 only supports using the query parameter. Please review the Analysis Template."},
      {{.query = "a", .formula = "b"},
       "Formula are only valid when queries are set. Please review the Analysis Template."},
      {{.api_version = "v2", .queries = {{"a", "1"}, {"b", "2"}}},
       "When multiple queries are provided you must include a formula. Please review the Analysis Template."},
      {{.query = "a", .aggregator = "sum"}, "Aggregator is not supported in v1. Please review the Analysis Template."},
      {{.query = "a", .request_timeout = "0s"},
       "Request timeout must be a positive duration. Please review the Analysis Template."},
      {{.api_version = "v3", .query = "a"},
       "apiVersion \"v3\" is neither v1 nor v2. Please review the Analysis Template."},
      {{.query = "a", .secret_ref = {"", true}},
       "secret name is required for namespaced credentials. Please review the Analysis Template."},
  };
  for (const auto& row : rows) {
    metric.provider.datadog = row.datadog;
    BOOST_TEST(mistakes().size() == 1u);
    BOOST_TEST(mistakes().front() == row.mistake);
  }
}

// --- New Relic

struct NewRelic : Vendor {
  NewRelic() {
    secrets["sluice/newrelic"] = {{"personal-api-key", "NRAK-1"}, {"account-id", "1234567"}};
    metric.success_condition = "result.errors < 0.05";
    metric.provider.new_relic.emplace();
    metric.provider.new_relic->query = "FROM Transaction SELECT percentage(count(*), WHERE error) AS errors";
  }
};

BOOST_FIXTURE_TEST_CASE(new_relic_answers_rows, NewRelic) {
  const auto rows_of = [](const char* rows) {
    return std::string(R"({"data":{"actor":{"account":{"nrql":{"results":)") + rows + "}}}}}";
  };
  check({
      {200, rows_of(R"([{"errors":0.01}])"), "Successful", R"({"errors":0.01})", ""},
      {200, rows_of(R"([{"errors":0.5}])"), "Failed", R"({"errors":0.5})", ""},
      {200, rows_of("[]"), "Error", "", "no results returned from NRQL query"},
      {200, rows_of("[{}]"), "Error", "", "no results returned from NRQL query"},
      {200, R"({"data":{"actor":{"account":null}}})", "Error", "", "no results returned from NRQL query"},
      {200, R"({"errors":[{"message":"NRQL Syntax Error","extensions":{"errorClass":"BAD_USER_INPUT"}}]})", "Error", "",
       "New Relic: NRQL Syntax Error"},
      {401, R"({"error":"x"})", "Error", "", "received non 2xx response code: 401"},
      {200, "oops", "Error", "", "the answer of New Relic is no JSON object"},
  });
  BOOST_TEST(asked_urls[0] == "https://api.newrelic.com/graphql");
  BOOST_TEST(asked[0].method == "POST");
  BOOST_TEST(asked[0].headers.get("Api-Key") == "NRAK-1");
  const boost::json::value body = body_of(0);
  BOOST_TEST(kube::print_json(body.at("variables")) ==
             R"({"accountId":1234567,"query":"FROM Transaction SELECT percentage(count(*), WHERE error) AS errors",)"
             R"("timeout":5})");
  BOOST_TEST(std::string_view(body.at("query").as_string()).find("nrql(query: $query, timeout: $timeout)") !=
             std::string_view::npos);
  BOOST_TEST(table().of(metric).metadata(metric).get("ResolvedNewRelicQuery") == metric.provider.new_relic->query);

  metric.success_condition = "all(result, .errors < 1)";
  answer = [&](const HttpServerRequest&) { return answering(rows_of(R"([{"errors":0.1},{"errors":0.2}])")); };
  const crds::Measurement several = measure();
  BOOST_TEST(several.phase == "Successful", several.message);
  BOOST_TEST(several.value == R"([{"errors":0.1},{"errors":0.2}])");
}

BOOST_FIXTURE_TEST_CASE(new_relic_is_found_by_its_profile, NewRelic) {
  metric.provider.new_relic->profile = "eu";
  BOOST_TEST(measure().phase == "Error");
  secrets["sluice/eu"] = {{"personal-api-key", "k-12345"}, {"account-id", "x"}, {"region", "EU"}};
  BOOST_TEST(measure().message == "could not parse account ID: it is no whole number");
  secrets["sluice/eu"]["account-id"] = "7";
  answer = [](const HttpServerRequest&) {
    return answering(R"({"data":{"actor":{"account":{"nrql":{"results":[{"errors":0}]}}}}})");
  };
  BOOST_TEST(measure().phase == "Successful");
  BOOST_TEST(asked_urls.back() == "https://api.eu.newrelic.com/graphql");
  secrets["sluice/eu"]["region"] = "mars";
  BOOST_TEST(measure().message == "region is none of us, eu and staging");
  secrets["sluice/eu"].erase("personal-api-key");
  BOOST_TEST(measure().message == "account ID or personal API key not found");
}

// --- Wavefront

struct Wavefront : Vendor {
  Wavefront() {
    secrets["sluice/wavefront-api-tokens"] = {{"example.wavefront.com", "wf-token"}};
    metric.success_condition = "result >= 1";
    metric.provider.wavefront.emplace();
    metric.provider.wavefront->address = "example.wavefront.com";
    metric.provider.wavefront->query = "sum(ts(requests))";
  }
};

BOOST_FIXTURE_TEST_CASE(wavefront_takes_the_nearest_point, Wavefront) {
  const std::string now =
      std::to_string(std::chrono::duration_cast<std::chrono::seconds>(clock.now().time_since_epoch()).count());
  check({
      {200, R"({"timeseries":[{"label":"a","data":[[1000,5],[)" + now + R"(,1.2],[1001,7]]}]})", "Successful", "1.20",
       ""},
      {200, R"({"timeseries":[]})", "Error", "", "No TimeSeries found in response from Wavefront"},
      {200, R"({"warnings":"no such metric"})", "Error", "", "No TimeSeries found in response from Wavefront"},
      {200, R"({"timeseries":[{"label":"a","data":[]}]})", "Error", "", "a TimeSeries of Wavefront has no points"},
      {200, R"({"timeseries":[{"data":[[1]]}]})", "Error", "", "point 0 of a series is no pair of numbers"},
      {401, "", "Error", "", "received non 2xx response code: 401"},
      {200, "x", "Error", "", "the answer of Wavefront is no JSON object"},
  });
  BOOST_TEST(
      asked_urls[0].starts_with("https://example.wavefront.com/api/v2/chart/api?q=sum%28ts%28requests%29%29&s="));
  BOOST_TEST(asked_urls[0].ends_with(
      "000&g=s&p=1&i=true&autoEvents=false&listmode=false&strict=false&includeObsoleteMetrics=false"));
  BOOST_TEST(asked[0].headers.get("Authorization") == "Bearer wf-token");

  metric.success_condition = "result[0] >= 1 && result[1] < 1";
  answer = [&](const HttpServerRequest&) {
    return answering(R"({"timeseries":[{"data":[[)" + now + R"(,1]]},{"data":[[1000,0.5]]}],"warnings":"w"})");
  };
  const crds::Measurement several = measure();
  BOOST_TEST(several.phase == "Successful", several.message);
  BOOST_TEST(several.value == "[1.00,0.50]");
  BOOST_TEST(several.metadata.get("timestamps") == "[" + now + ",1000]");
  BOOST_TEST(several.metadata.get("warnings") == "w");
  BOOST_TEST(several.metadata.get("drift").starts_with("["));
  secrets.clear();
  BOOST_TEST(measure().message == "API token not found (no Secret sluice/wavefront-api-tokens)");
}

// --- Graphite

struct Graphite : Vendor {
  Graphite() {
    metric.success_condition = "all(result, # >= 1)";
    metric.provider.graphite.emplace();
    metric.provider.graphite->address = address() + "/graphite/";
    metric.provider.graphite->query = "target=summarize(\n  web.errors, '5min', \"sum\")\n&from=-10min";
  }
};

BOOST_FIXTURE_TEST_CASE(graphite_takes_the_points_of_the_first_target, Graphite) {
  const std::string empty =
      "could not evaluate successCondition \"result[0] >= 1\": metric result is nil or empty: "
      "no data returned from the metric provider";
  check({
      {200, R"([{"target":"a","datapoints":[[1.5,1],[null,2],["2",3]]},{"target":"b","datapoints":[[0,1]]}])",
       "Successful", "[1.500000,2.000000]", ""},
      {200, R"([{"datapoints":[[0.5,1]]}])", "Failed", "[0.500000]", ""},
      {200, "[]", "Error", "", "no values found"},
      {200, R"([{"target":"a","datapoints":[]}])", "Error", "", "no values found"},
      {200, R"([{"datapoints":[[1]]}])", "Error", "", "error unmarshaling data point: it is no pair of value and time"},
      {200, R"([{"datapoints":[["x",1]]}])", "Error", "", "error unmarshaling data point: a value is no number"},
      {400, "secret text", "Error", "", "error response: 400"},
      {200, "<html>", "Error", "", "the answer of Graphite is no JSON; is the address that of a Graphite?"},
  });
  BOOST_TEST(asked[0].method == "GET");
  BOOST_TEST(asked[0].target ==
             "/graphite/render?target=summarize(web.errors,'5min',%22sum%22)&from=-10min&format=json");
  metric.success_condition = "result[0] >= 1";
  check({{200, R"([{"datapoints":[[null,1]]}])", "Error", "[]", empty}});
  metric.provider.graphite->address = "not a url";
  BOOST_TEST(measure().message == "Graphite address not a url is not a valid URL");
}

// --- InfluxDB

struct Influx : Vendor {
  Influx() {
    secrets["sluice/influxdb"] = {{"address", address()}, {"authToken", "influx-token"}, {"org", "my org"}};
    metric.success_condition = "result[0] >= 1";
    metric.provider.influxdb.emplace();
    metric.provider.influxdb->query = "from(bucket: \"web\") |> range(start: -5m) |> mean()";
  }
};

BOOST_FIXTURE_TEST_CASE(influxdb_takes_the_values_of_all_tables, Influx) {
  const std::string head =
      "#datatype,string,long,dateTime:RFC3339,double\r\n#group,false,false,true,false\r\n#default,_result,,,\r\n"
      ",result,table,_stop,_value\r\n";
  check({
      {200, head + ",,0,2026-01-02T03:04:05Z,1.5\r\n,,0,2026-01-02T03:04:05Z,2\r\n\r\n", "Successful", "[1.5 2]", ""},
      {200,
       head + ",,0,2026-01-02T03:04:05Z,1\r\n\r\n#datatype,string,long,long\r\n#group,false,false,false\r\n"
              "#default,_result,,\r\n,result,table,_value\r\n,,1,7\r\n\r\n",
       "Successful", "[1 7]", ""},
      {200, head + "\r\n", "Error", "", "no results returned from flux query"},
      {200, "", "Error", "", "no results returned from flux query"},
      {200,
       head + ",,0,2026-01-02T03:04:05Z,1.5\r\n\r\n#datatype,string,string\r\n#group,true,true\r\n#default,,\r\n"
              ",error,reference\r\n,\"engine: shard \"\"x\"\" gone, sorry\",897\r\n",
       "Error", "", "flux query failed: engine: shard \"x\" gone, sorry"},
      {200, head + ",,0,2026-01-02T03:04:05Z\r\n", "Error", "", "a row of the answer has 4 fields instead of 5"},
      {200, head + ",,0,2026-01-02T03:04:05Z,abc\r\n", "Error", "", "a value of the answer is no double"},
      {400, R"({"code":"invalid","message":"compilation failed: error @1:1-1:2: undefined identifier x"})", "Error", "",
       "received non 2xx response code: 400 (compilation failed: error @1:1-1:2: undefined identifier x)"},
      {401, "<html>", "Error", "", "received non 2xx response code: 401"},
  });
  BOOST_TEST(asked[0].method == "POST");
  BOOST_TEST(asked[0].target == "/api/v2/query?org=my%20org");
  BOOST_TEST(asked[0].headers.get("Authorization") == "Token influx-token");
  BOOST_TEST(kube::print_json(body_of(0)) ==
             R"x({"query":"from(bucket: \"web\") |> range(start: -5m) |> mean()","type":"flux",)x"
             R"("dialect":{"annotations":["datatype","group","default"],"delimiter":",","header":true}})");
  secrets["sluice/influxdb"].erase("org");
  BOOST_TEST(measure().message == "authToken, org, or address not found");
}

BOOST_FIXTURE_TEST_CASE(influxdb_values_have_their_types, Influx) {
  metric.success_condition =
      "result[0] == true && result[1] == 'a,b' && result[2] == 5 && result[3] == nil && isInf(float(result[4]))";
  const auto table = [](const char* type, const char* value) {
    return std::string("#datatype,string,long,") + type + "\n#group,false,false,false\n#default,_result,,\n" +
           ",result,table,_value\n,,0," + value + "\n\n";
  };
  answer = [&](const HttpServerRequest&) {
    return answering(table("boolean", "true") + table("string", "\"a,b\"") + table("unsignedLong", "5") +
                     table("double", "") + table("double", "+Inf"));
  };
  const crds::Measurement seen = measure();
  BOOST_TEST(seen.phase == "Successful", seen.message);
}

// --- SkyWalking

BOOST_FIXTURE_TEST_CASE(sky_walking_answers_graphql, Vendor) {
  metric.success_condition = "result.service_apdex.values.values[0].value > 9000";
  metric.provider.skywalking.emplace();
  metric.provider.skywalking->address = address();
  metric.provider.skywalking->interval = "3m";
  metric.provider.skywalking->query = "query queryData($duration: Duration!) { service_apdex: readMetricsValues(...) }";
  check({
      {200, R"({"data":{"service_apdex":{"values":{"values":[{"value":9900}]}}}})", "Successful", "<object, 1 entries>",
       ""},
      {200, R"({"data":{"service_apdex":{"values":{"values":[{"value":10}]}}}})", "Failed", "<object, 1 entries>", ""},
      {200, R"({"errors":[{"message":"Validation error"}]})", "Error", "", "graphql: Validation error"},
      {200, R"({"data":null})", "Error", "", "no results returned from SkyWalking query"},
      {404, "", "Error", "", "received non 2xx response code: 404"},
      {200, "x", "Error", "", "the answer of SkyWalking is no JSON object"},
  });
  BOOST_TEST(asked[0].method == "POST");
  BOOST_TEST(asked[0].target == "/graphql");
  const boost::json::value duration = body_of(0).at("variables").at("duration");
  BOOST_TEST(duration.at("step").as_string() == "MINUTE");
  BOOST_TEST(duration.at("start").as_string().size() == std::string_view("2026-01-02 0304").size());
  BOOST_TEST(std::string_view(duration.at("start").as_string()) < std::string_view(duration.at("end").as_string()));
  metric.provider.skywalking->interval = "";
  BOOST_TEST(mistakes().front() == "provider.skywalking.interval is required, such as 5m");
}

// --- CloudWatch

struct CloudWatch : Vendor {
  CloudWatch() {
    variables = {{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                 {"AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},
                 {"AWS_REGION", "eu-central-1"}};
    metric.success_condition = "result[0].Values[0] >= 1 && result[0].Label == 'rate'";
    metric.provider.cloud_watch.emplace();
    metric.provider.cloud_watch->interval = "30m";
    crds::CloudWatchStatistic statistic;
    statistic.metric = {"app", "Requests", {{"Service", "web & co"}}};
    statistic.period = kube::IntOrString{{std::int64_t{60}}};
    statistic.stat = "Sum";
    statistic.unit = "Count";
    crds::CloudWatchQuery rate, requests;
    rate.id = "rate";
    rate.expression = "errors / requests";
    requests.id = "requests";
    requests.metric_stat = statistic;
    requests.return_data = false;
    metric.provider.cloud_watch->metric_data_queries = {rate, requests};
  }
};

std::string page(const std::string& members, const std::string& rest = "") {
  return "<?xml version=\"1.0\"?>\n<GetMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\">\n"
         "  <GetMetricDataResult>\n    <MetricDataResults>" +
         members + "</MetricDataResults>" + rest +
         "</GetMetricDataResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetMetricDataResponse>";
}
std::string series(const std::string& values, const std::string& id = "rate") {
  return "<member><Id>" + id + "</Id><Label>rate</Label><StatusCode>Complete</StatusCode>" +
         "<Timestamps><member>2026-01-02T03:04:00Z</member></Timestamps><Values>" + values + "</Values></member>";
}

BOOST_FIXTURE_TEST_CASE(cloud_watch_answers_the_values_of_its_queries, CloudWatch) {
  const std::string empty =
      "could not evaluate successCondition \"result[0].Values[0] >= 1 && result[0].Label == 'rate'\": "
      "metric result is nil or empty: no data returned from the metric provider";
  check({
      {200, page(series("<member>1.5</member><member>0.2</member>") + series("<member>3</member>", "b")), "Successful",
       "[[1.5 0.2] [3]]", ""},
      {200, page(series("<member>1.0E-4</member>")), "Failed", "[[0.0001]]", ""},
      {200, page(series("")), "Error", "", empty},
      {200, page(""), "Error", "", empty},
      {200, page(series("<member>x</member>")), "Error", "", "a value in the answer of CloudWatch is no number"},
      {200, "<html>", "Error", "", "the answer of CloudWatch holds no GetMetricDataResult"},
      {200, "<!DOCTYPE x [<!ENTITY a \"b\">]><x/>", "Error", "",
       "the answer of CloudWatch holds no GetMetricDataResult"},
      {400,
       "<ErrorResponse><Error><Type>Sender</Type><Code>ValidationError</Code><Message>bad &amp; wrong</Message></Error>"
       "</ErrorResponse>",
       "Error", "", "received non 2xx response code: 400 (ValidationError: bad & wrong)"},
  });
  BOOST_TEST(asked_urls[0] == "https://monitoring.eu-central-1.amazonaws.com/");
  const HttpServerRequest& request = asked[0];
  BOOST_TEST(request.method == "POST");
  for (const char* part :
       {"Action=GetMetricData&Version=2010-08-01&StartTime=", "&MetricDataQueries.member.1.Id=rate&",
        "MetricDataQueries.member.1.Expression=errors%20%2F%20requests&", "MetricDataQueries.member.2.Id=requests&",
        "MetricDataQueries.member.2.ReturnData=false&", "MetricStat.Metric.Namespace=app&",
        "MetricStat.Metric.MetricName=Requests&", "MetricStat.Metric.Dimensions.member.1.Name=Service&",
        "MetricStat.Metric.Dimensions.member.1.Value=web%20%26%20co&", "MetricStat.Period=60&", "MetricStat.Stat=Sum&",
        "MetricStat.Unit=Count"})
    BOOST_TEST(request.body.find(part) != std::string::npos, part);
  // The signature is that of the request as it arrived.
  kube::HttpRequest unsigned_request;
  unsigned_request.method = request.method;
  unsigned_request.url = asked_urls[0];
  unsigned_request.body = request.body;
  unsigned_request.headers = {{"Content-Type", std::string(request.headers.get("Content-Type"))},
                              {"Accept-Encoding", std::string(request.headers.get("Accept-Encoding"))}};
  BOOST_TEST(request.headers.get("Host") == "monitoring.eu-central-1.amazonaws.com");
  std::string stamp(request.headers.get("X-Amz-Date"));
  for (const std::size_t at : {4U, 7U}) stamp.insert(at, "-");
  for (const std::size_t at : {13U, 16U}) stamp.insert(at, ":");
  const kube::HttpRequest expected = sign_for_aws(
      unsigned_request, {"eu-central-1", "monitoring"},
      {variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"], ""}, kube::parse_time(stamp).value());
  BOOST_TEST(request.headers.get("Authorization") == expected.headers.get("Authorization"));
}

BOOST_FIXTURE_TEST_CASE(cloud_watch_follows_its_pages, CloudWatch) {
  answer = [](const HttpServerRequest& request) {
    const bool is_second = request.body.find("&NextToken=abc%3D") != std::string::npos;
    return answering(is_second ? page(series("<member>2</member>"),
                                      "<Messages><member><Code>Limit</Code><Value>cut</Value></member></Messages>")
                               : page(series("<member>1</member>"), "<NextToken>abc=</NextToken>"));
  };
  metric.success_condition = "len(result) == 1 && result[0].Values[1] == 2";
  const crds::Measurement seen = measure();
  BOOST_TEST(seen.phase == "Successful", seen.message);
  BOOST_TEST(seen.value == "[[1 2]]");
  BOOST_TEST(seen.metadata.get("messages") == "Limit: cut");
  BOOST_TEST(asked.size() == 2u);
  answer = [](const HttpServerRequest&) { return answering(page("", "<NextToken>again</NextToken>")); };
  BOOST_TEST(measure().message == "the backend answers without end (50 answers)");
}

BOOST_FIXTURE_TEST_CASE(cloud_watch_needs_a_region_and_credentials, CloudWatch) {
  variables.erase("AWS_REGION");
  BOOST_TEST(measure().message == "aws: no region; set AWS_REGION for the controller");
  variables = {{"AWS_DEFAULT_REGION", "us-east-1"}, {"AWS_SHARED_CREDENTIALS_FILE", "/nonexistent"}};
  BOOST_TEST(measure().message.starts_with("aws: no credentials (AWS_ACCESS_KEY_ID, a web identity, or profile"));
  BOOST_TEST(asked.empty());
  metric.provider.cloud_watch->metric_data_queries[0].metric_stat.emplace();
  metric.provider.cloud_watch->metric_data_queries[1].period = kube::IntOrString{{std::string("five")}};
  const std::vector<std::string> expected{
      "provider.cloudWatch.metricDataQueries[0]: give either expression or metricStat",
      "provider.cloudWatch.metricDataQueries[1].period must be a positive number of seconds"};
  BOOST_TEST(mistakes() == expected, boost::test_tools::per_element());
}

// --- Kayenta

struct Kayenta : Vendor {
  Kayenta() {
    metric.interval = "30m";
    metric.provider.kayenta.emplace();
    crds::KayentaMetric& kayenta = *metric.provider.kayenta;
    kayenta.address = address();
    kayenta.application = "guestbook";
    kayenta.canary_config_name = "my-test";
    kayenta.metrics_account_name = "prometheus";
    kayenta.configuration_account_name = "config";
    kayenta.storage_account_name = "s3";
    kayenta.threshold = {90, 75};
    kayenta.scopes = {{"default",
                       {"app=guestbook and version=stable", "us", 60, "", ""},
                       {"app=guestbook and version=canary", "us", 60, "2026-01-02T03:04:05Z", ""}}};
    kayenta.scopes[0].control_scope.start = "2026-01-02T03:04:05Z";
    answer = [this](const HttpServerRequest& request) { return play(request); };
  }
  std::string judgement = R"({"complete":false})";
  HttpServerResponse play(const HttpServerRequest& request) const {
    if (request.target.starts_with("/canaryConfig"))
      return answering(R"([{"id":"other","name":"x"},{"id":"c 1","name":"my-test"}])");
    if (request.method == "POST") return answering(R"({"canaryExecutionId":"01DS50WVHAWSTAQACJKB1VKDQB"})");
    return answering(judgement);
  }
};

BOOST_FIXTURE_TEST_CASE(kayenta_is_started_once_and_asked_until_it_has_judged, Kayenta) {
  const crds::Measurement begun = measure();
  BOOST_TEST(begun.phase == "Running", begun.message);
  BOOST_TEST(begun.metadata.get("canaryExecutionId") == "01DS50WVHAWSTAQACJKB1VKDQB");
  BOOST_TEST(!begun.finished_at.has_value());
  BOOST_REQUIRE(begun.resume_at.has_value());
  BOOST_TEST((*begun.resume_at - *begun.started_at >= std::chrono::seconds{15}));
  BOOST_REQUIRE(asked.size() == 2u);
  BOOST_TEST(asked[0].target == "/canaryConfig?application=guestbook&configurationAccountName=s3");
  BOOST_TEST(asked[1].method == "POST");
  BOOST_TEST(asked[1].target ==
             "/canary/c%201?application=guestbook&metricsAccountName=prometheus&configurationAccountName=config"
             "&storageAccountName=s3");
  const boost::json::value body = body_of(1);
  BOOST_TEST(kube::print_json(body.at("thresholds")) == R"({"pass":90,"marginal":75})");
  const boost::json::value& control = body.at("scopes").at("default").at("controlScope");
  BOOST_TEST(control.at("location").as_string() == "us");
  BOOST_TEST(control.at("step").as_int64() == 60);
  BOOST_TEST(control.at("start").as_string() == "2026-01-02T03:04:05Z");
  BOOST_TEST(control.at("end").as_string().size() == 20u);

  const crds::Measurement still = resume(begun);
  BOOST_TEST(still.phase == "Running");
  BOOST_TEST(asked.back().target == "/canary/01DS50WVHAWSTAQACJKB1VKDQB");
  const struct {
    const char *judgement, *phase, *value, *message;
  } rows[] = {
      {R"({"complete":true,"result":{"judgeResult":{"score":{"score":90.0}}}})", "Successful", "90", ""},
      {R"({"complete":true,"result":{"judgeResult":{"score":{"score":89.9}}}})", "Inconclusive", "89", ""},
      {R"({"complete":true,"result":{"judgeResult":{"score":{"score":74}}}})", "Failed", "74", ""},
      {R"({"complete":true,"result":{}})", "Error", "", "Missing Score"},
      {R"({"status":{}})", "Error", "", "Missing Complete Status"},
      {"oops", "Error", "", "Missing Complete Status"},
  };
  for (const auto& row : rows) {
    judgement = row.judgement;
    const crds::Measurement judged = resume(begun);
    BOOST_TEST(judged.phase == row.phase);
    BOOST_TEST(judged.value == row.value);
    BOOST_TEST(judged.message == row.message);
    BOOST_TEST(judged.finished_at.has_value());
  }
  std::size_t started = 0;
  for (const HttpServerRequest& request : asked) started += request.method == "POST";
  BOOST_TEST(started == 1u);
}

BOOST_FIXTURE_TEST_CASE(kayenta_tells_what_is_missing, Kayenta) {
  metric.provider.kayenta->canary_config_name = "gone";
  BOOST_TEST(measure().message == "Canary config not found");
  answer = [](const HttpServerRequest&) { return answering("", 500); };
  BOOST_TEST(measure().message == "Invalid Response: HTTP 500");
  metric.provider.kayenta->scopes[0].control_scope.start = "";
  metric.interval = "";
  const std::vector<std::string> expected{
      "controlScope.start and experimentScope.start must both be set or be empty (scope \"default\")",
      "scope \"default\" has no start: give the metric an interval, or set lookback"};
  BOOST_TEST(mistakes() == expected, boost::test_tools::per_element());
}

BOOST_FIXTURE_TEST_CASE(kayenta_can_look_back_to_the_beginning_of_the_run, Kayenta) {
  crds::KayentaMetric& kayenta = *metric.provider.kayenta;
  kayenta.lookback = true;
  kayenta.scopes[0].control_scope.start = kayenta.scopes[0].experiment_scope.start = "";
  const kube::Time before = clock.now();
  BOOST_TEST(measure().phase == "Running");
  const boost::json::value body = body_of(1);
  const kube::Time start =
      kube::parse_time(body.at("scopes").at("default").at("controlScope").at("start").as_string()).value();
  BOOST_TEST((start <= before - std::chrono::minutes{7} + std::chrono::seconds{2} &&
              start >= before - std::chrono::minutes{7} - std::chrono::seconds{2}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sluice::analysis
